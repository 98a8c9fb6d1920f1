using System.CommandLine;
using System.Globalization;
using Ncn.Client.Escrow;
using Ncn.Client.Paying;
using Spectre.Console;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet balance</c>: what the client owns, where, and what it was charged.</summary>
internal static class BalanceCommand
{
    public static Command Create()
    {
        var command = new Command("balance", "Show the wallet, the escrow, the channel to the gateway, and the client's own books of it.");
        command.Aliases.Add("show");
        WalletCommand.Run(command, static async (_, session, cancellation) => await PrintAsync(session, cancellation));
        return command;
    }

    private static async Task PrintAsync(WalletSession session, CancellationToken cancellation)
    {
        var funds = await session.Escrow.ReadFundsAsync();
        var channel = await session.Escrow.ReadChannelAsync(session.Channel);
        var mine = await session.Payer.ReadAsync(session.Channel, cancellation);
        var table = new Table().Border(TableBorder.Rounded).AddColumns("client", session.Escrow.Address.ToString());
        table.AddRow("wallet", Dollars.Of(funds.Wallet));
        table.AddRow("balance in escrow, in no channel", Dollars.Of(funds.Unallocated));
        table.AddRow("channel", session.ChannelId.ToString());
        table.AddRow("to the gateway", session.Channel.Receiver.ToString());
        table.AddRow("in escrow, unclaimed", Dollars.Of(channel.Unclaimed));
        table.AddRow("claimed by the gateway", Dollars.Of(channel.TotalClaimed));
        if (channel.WithdrawalBegunAt != 0)
        {
            table.AddRow("being withdrawn", $"{Dollars.Of(channel.Withdrawing)}, {await WithdrawCommand.WhenAsync(session)}");
        }

        table.AddRow("charged, by our books", $"{Dollars.Of(mine.Charged)}, of it with an answer {Dollars.Of(mine.Accounted.Total)}");
        table.AddRow("signed for at most", Dollars.Of(mine.Signed));
        await AddStatementAsync(table, session, mine, cancellation);
        AnsiConsole.Write(table);
    }

    private static async Task AddStatementAsync(Table table, WalletSession session, PayerChannel mine, CancellationToken cancellation)
    {
        var statements = session.Payer.Statements(session.Channel);
        if (statements.Count > 0)
        {
            var newest = statements[^1].Message;
            var issued = DateTimeOffset.FromUnixTimeSeconds((long)newest.IssuedAt).ToString("u", CultureInfo.InvariantCulture);
            table.AddRow("newest statement", $"{Dollars.Of(newest.Charged)} charged with vouchers up to {Dollars.Of(newest.MaxClaimableAmount)}, {issued}");
        }

        if (mine.IsDisputed)
        {
            table.AddRow("[red]a dispute is open[/]", "nothing is paid on the channel until it has ended: ./ncn wallet dispute show");
        }
        else if (await new PayerDisputes(session.Chain, session.Payer).FindAsync(session.Channel, cancellation) is { CanBeAnswered: false } broken)
        {
            table.AddRow("[red]claimed above a statement[/]", $"{Dollars.Of(broken.Amount)}; pay no more before ./ncn wallet dispute open");
        }
    }
}
