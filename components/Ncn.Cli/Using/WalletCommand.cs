using System.CommandLine;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Tokens;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Using;

/// <summary><c>wallet</c>: what the local client owns, and putting more into its channel.</summary>
internal static class WalletCommand
{
    public static Command Create() => new("wallet", "Show the client's money, or put more into its channel.") { Show(), Deposit() };

    private static Command Show()
    {
        var state = NetworkOptions.State();
        var command = new Command("show", "Show balances and the channel.") { state };
        command.SetAction(async (parsed, _) =>
        {
            var folder = StateFolder.Choose(parsed.GetValue(state));
            var settings = NetworkSettings.Read(folder);
            using var chain = new ChainConnection(settings.ToChain());
            var (client, config) = Channel(folder, settings);
            var channel = await new InferencePaymentContract(chain).ReadChannelAsync(config.Id(settings.ToChain().PaymentsDomain));
            var table = new Table().Border(TableBorder.Rounded).AddColumns("client", client.ToString());
            table.AddRow("wallet", Dollars.Of(await new TokenContract(chain, settings.Token).ReadBalanceAsync(client)));
            table.AddRow("channel to the gateway", config.Receiver.ToString());
            table.AddRow("in escrow", Dollars.Of(channel.Unclaimed));
            table.AddRow("claimed by the gateway", Dollars.Of(channel.TotalClaimed));
            AnsiConsole.Write(table);
            return 0;
        });
        return command;
    }

    private static Command Deposit()
    {
        var state = NetworkOptions.State();
        var amount = new Argument<string>("dollars") { Description = "How much, for example 5 or 0.25." };
        var command = new Command("deposit", "Put dollars from the wallet into the channel.") { amount, state };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!Dollars.TryParse(parsed.GetValue(amount), out var units) || units.IsZero)
            {
                throw new CliException($"'{parsed.GetValue(amount)}' is no amount; write for example 5 or 0.25, with at most six decimals.");
            }

            var folder = StateFolder.Choose(parsed.GetValue(state));
            var settings = NetworkSettings.Read(folder);
            var (_, config) = Channel(folder, settings);
            var key = (await File.ReadAllTextAsync(folder.KeyFile(KeyFiles.Client), cancellation)).Trim();
            using var chain = new ChainConnection(settings.ToChain(), key);
            await new TokenContract(chain, settings.Token).EnsureAllowanceAsync(settings.InferencePayment, units, cancellation);
            var transaction = await new InferencePaymentContract(chain).DepositAsync(config, units, cancellation);
            Console.WriteLine($"{Dollars.Of(units)} deposited in transaction {transaction}");
            return 0;
        });
        return command;
    }

    private static (Address Client, ChannelConfig Config) Channel(StateFolder state, NetworkSettings settings)
    {
        using var client = KeyFiles.Read(state.KeyFile(KeyFiles.Client));
        using var gateway = KeyFiles.Read(state.KeyFile(KeyFiles.Gateway));
        return (client.Address, Provisioner.ClientChannel(client.Address, gateway.Address, settings.Token));
    }
}
