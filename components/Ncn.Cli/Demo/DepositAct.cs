using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Tokens;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Ncn.Cli.Using;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Demo;

/// <summary>The client puts money into escrow. Nobody can take more of it than the client signs for.</summary>
internal static class DepositAct
{
    private static readonly TokenAmount Amount = new(1_000_000);

    public static async Task PlayAsync(DemoSession session, CancellationToken cancellation)
    {
        DemoSession.Title("Deposit");
        var settings = session.Wallet.Settings;
        using var gateway = KeyFiles.Read(session.State.KeyFile(KeyFiles.Gateway));
        var config = Provisioner.ClientChannel(session.Wallet.Address, gateway.Address, settings.Token);
        var key = (await File.ReadAllTextAsync(session.State.KeyFile(KeyFiles.Client), cancellation)).Trim();
        using var payer = new ChainConnection(settings.ToChain(), key);
        await new TokenContract(payer, settings.Token).EnsureAllowanceAsync(settings.InferencePayment, Amount, cancellation);
        var transaction = await new InferencePaymentContract(payer).DepositAsync(config, Amount, cancellation);
        var channel = await new InferencePaymentContract(session.Chain).ReadChannelAsync(config.Id(settings.ToChain().PaymentsDomain));
        AnsiConsole.MarkupLine($"The client {session.Wallet.Address} deposits [bold]{Dollars.Of(Amount)}[/]; its channel to the gateway now holds {Dollars.Of(channel.Unclaimed)}.");
        AnsiConsole.MarkupLine($"[grey]transaction {transaction}[/]");
    }
}
