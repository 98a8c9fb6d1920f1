using System.CommandLine;
using Ncn.Chain.Registry;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet statement</c>: the gateway states in writing what it charged, and answers for it with its stake.</summary>
internal static class StatementCommand
{
    public static Command Create()
    {
        var subnet = new Option<string?>("--subnet") { Description = "The name of the gateway's subnet. Default: the first." };
        var command = new Command("statement", "Get a signed statement of what the gateway charged, and keep it as evidence.") { subnet };
        WalletCommand.Run(command, async (parsed, session, cancellation) =>
            await PrintAsync(session, await session.BooksOf(parsed.GetValue(subnet)).StateAsync(session.Channel, cancellation)));
        return command;
    }

    private static async Task PrintAsync(WalletSession session, Client.Paying.StatementReport report)
    {
        var said = report.Statement.Message;
        var stake = await new ValidatorRegistryContract(session.Chain).ReadStakeAsync(said.Subnet, SubnetRole.Gateway, session.Channel.Receiver);
        var table = new Table().Border(TableBorder.Rounded).AddColumns("statement", $"of {session.Channel.Receiver}");
        table.AddRow("charged in all", Dollars.Of(said.Charged));
        table.AddRow("with vouchers up to", Dollars.Of(said.MaxClaimableAmount));
        table.AddRow("of it with an answer to us", Dollars.Of(report.Accounted));
        table.AddRow("of it without", Dollars.Of(report.Unaccounted));
        table.AddRow("stake that answers for it", $"{Dollars.Of(stake.Bonded)} in subnet {said.Subnet}");
        AnsiConsole.Write(table);
        if (stake.Bonded.IsZero)
        {
            Console.Error.WriteLine($"The gateway has no stake in subnet {said.Subnet}: the statement is kept, and nothing can be got by it.");
        }

        if (report.Unaccounted > TokenAmount.Zero)
        {
            Console.Error.WriteLine($"{Dollars.Of(report.Unaccounted)} were charged for answers that this client has not seen: lost ones, or another holder of the key.");
        }
    }
}
