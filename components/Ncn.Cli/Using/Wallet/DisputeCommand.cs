using System.CommandLine;
using Ncn.Client.Escrow;
using Ncn.Client.Paying;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet dispute</c>: a claim above what the gateway stated is paid back from its stake.</summary>
internal static class DisputeCommand
{
    private const string NoPaying = "Until it has ended nothing is paid on this channel: a voucher signed now would answer it.";

    public static Command Create() => new("dispute", "Hold the gateway to its statements on the chain.") { Show(), Open(), Close() };

    private static Command Show()
    {
        var command = new Command("show", "Show whether the gateway claimed above a statement, and the disputes about it.");
        WalletCommand.Run(command, static async (_, session, cancellation) =>
        {
            var statements = session.Payer.Statements(session.Channel);
            if (statements.Count == 0)
            {
                Console.WriteLine("No statement was kept. Get one: ./ncn wallet statement");
                return;
            }

            var disputes = new PayerDisputes(session.Chain, session.Payer);
            var table = new Table().Border(TableBorder.Rounded).AddColumns("stated", "with vouchers up to", "dispute");
            foreach (var statement in statements)
            {
                table.AddRow(
                    Dollars.Of(statement.Message.Charged), Dollars.Of(statement.Message.MaxClaimableAmount), await DescribeAsync(disputes, session, statement.Message));
            }

            AnsiConsole.Write(table);
            Console.WriteLine($"claimed by the gateway: {Dollars.Of((await session.Escrow.ReadChannelAsync(session.Channel)).TotalClaimed)}");
            Console.WriteLine(Verdict(await disputes.FindAsync(session.Channel, cancellation)));
            if (await disputes.RefreshAsync(session.Channel, cancellation) is not null)
            {
                Console.WriteLine(NoPaying);
            }
        });
        return command;
    }

    private static Command Open()
    {
        var anyway = new Option<bool>("--anyway") { Description = "Even if the gateway can probably answer with a later voucher." };
        var command = new Command("open", "Open a dispute about a claim above a statement.") { anyway };
        WalletCommand.Run(command, async (parsed, session, cancellation) =>
        {
            var disputes = new PayerDisputes(session.Chain, session.Payer);
            var broken = await disputes.FindAsync(session.Channel, cancellation) ?? throw new CliException(Verdict(null));
            if (broken.CanBeAnswered && !parsed.GetValue(anyway))
            {
                throw new CliException($"{Verdict(broken)} Nothing was sent; --anyway opens the dispute all the same.");
            }

            var transaction = await disputes.OpenAsync(broken.Statement, session.Channel, cancellation);
            var dispute = await disputes.ReadAsync(broken.Statement.Message);
            Console.WriteLine($"a dispute about {Dollars.Of(dispute.OverClaim)} is open in transaction {transaction}");
            Console.WriteLine($"{Dollars.Of(dispute.Frozen)} of the gateway's stake is frozen; {await WhenAsync(session, dispute.ClosableAt)}");
            Console.WriteLine(NoPaying);
        });
        return command;
    }

    private static Command Close()
    {
        var command = new Command("close", "Close a dispute that was not answered in time, and take the refund.");
        WalletCommand.Run(command, static async (_, session, cancellation) =>
        {
            var disputes = new PayerDisputes(session.Chain, session.Payer);
            var statement = await disputes.RefreshAsync(session.Channel, cancellation) ?? throw new CliException("No dispute about a statement of this wallet is open.");
            var closableAt = (await disputes.ReadAsync(statement)).ClosableAt;
            if (closableAt > await session.Escrow.ReadNextBlockTimeAsync())
            {
                throw new CliException($"The gateway can still answer: {await WhenAsync(session, closableAt)}.");
            }

            var outcome = await disputes.CloseAsync(statement, session.Channel, cancellation);
            Console.WriteLine($"{Dollars.Of(outcome.Refund)} is back in the wallet, and the gateway lost as much again, {Dollars.Of(outcome.Penalty)}, in transaction {outcome.Transaction}");
        });
        return command;
    }

    private static async Task<string> DescribeAsync(PayerDisputes disputes, WalletSession session, ChannelStatement statement)
    {
        var dispute = await disputes.ReadAsync(statement);
        return dispute.IsOpen ? $"about {Dollars.Of(dispute.OverClaim)}; {await WhenAsync(session, dispute.ClosableAt)}"
            : dispute.Gateway.IsZero ? "none"
            : $"about claims up to {Dollars.Of(dispute.SettledClaim)}, ended";
    }

    private static async Task<string> WhenAsync(WalletSession session, ulong closableAt)
    {
        var now = await session.Escrow.ReadNextBlockTimeAsync();
        return closableAt <= now ? "it can be closed now: ./ncn wallet dispute close" : $"unanswered it can be closed in {TimeSpan.FromSeconds(closableAt - now)}";
    }

    private static string Verdict(OverClaim? broken) => broken switch
    {
        null => "The gateway claimed nothing above a statement that was not disputed already.",
        { CanBeAnswered: true } => $"{Dollars.Of(broken.Amount)} were claimed above a statement, but vouchers were signed since that cover the claim: the gateway can answer with one.",
        _ => $"{Dollars.Of(broken.Amount)} were claimed above a statement, and no voucher that was signed since covers them: ./ncn wallet dispute open",
    };
}
