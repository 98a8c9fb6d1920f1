using System.CommandLine;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet withdraw</c>: the balance in escrow at once, a channel's escrow in two steps with the channel's delay between them.</summary>
internal static class WithdrawCommand
{
    private const string All = "all";

    public static Command Create()
    {
        var amount = new Argument<string?>("dollars") { Description = "How much, or 'all'. With --start the default is all.", Arity = ArgumentArity.ZeroOrOne };
        var start = new Option<bool>("--start") { Description = "Begin to take unclaimed escrow out of the channel." };
        var finish = new Option<bool>("--finish") { Description = "End that, when the channel's delay has passed." };
        var command = new Command("withdraw", "Take dollars out of the balance in escrow, or out of the channel with --start and --finish.") { amount, start, finish };
        WalletCommand.Run(command, (parsed, session, cancellation) => (parsed.GetValue(start), parsed.GetValue(finish), parsed.GetValue(amount)) switch
        {
            (false, false, { } text) => FromBalanceAsync(session, text, cancellation),
            (true, false, var text) => StartAsync(session, text ?? All, cancellation),
            (false, true, null) => FinishAsync(session, cancellation),
            _ => throw new CliException("Say one of: ./ncn wallet withdraw DOLLARS|all, ./ncn wallet withdraw --start [DOLLARS|all], ./ncn wallet withdraw --finish"),
        });
        return command;
    }

    /// <summary>When the begun withdrawal can be finished, in words.</summary>
    public static async Task<string> WhenAsync(WalletSession session)
    {
        var (finishableAt, now) = (await session.Escrow.ReadFinishableAtAsync(session.Channel), await session.Escrow.ReadNextBlockTimeAsync());
        return finishableAt <= now
            ? "can be finished now: ./ncn wallet withdraw --finish"
            : $"can be finished in {TimeSpan.FromSeconds(finishableAt - now)}";
    }

    private static async Task FromBalanceAsync(WalletSession session, string text, CancellationToken cancellation)
    {
        var balance = (await session.Escrow.ReadFundsAsync()).Unallocated;
        var units = text == All ? balance : Dollars.Require(text);
        AllocateCommand.RequireBalance(units, balance);
        if (units.IsZero)
        {
            throw new CliException("The balance in escrow is empty. What is in the channel comes out with --start and --finish.");
        }

        var transaction = await session.Escrow.WithdrawBalanceAsync(units, cancellation);
        Console.WriteLine($"{Dollars.Of(units)} is back in the wallet, in transaction {transaction}");
    }

    private static async Task StartAsync(WalletSession session, string text, CancellationToken cancellation)
    {
        var channel = await session.Escrow.ReadChannelAsync(session.Channel);
        if (channel.WithdrawalBegunAt != 0)
        {
            throw new CliException($"A withdrawal of {Dollars.Of(channel.Withdrawing)} has begun already; it {await WhenAsync(session)}.");
        }

        var units = text == All ? channel.Unclaimed : Dollars.Require(text);
        if (units.IsZero || units > channel.Unclaimed)
        {
            throw new CliException($"The channel holds {Dollars.Of(channel.Unclaimed)} unclaimed; nothing was sent.");
        }

        var transaction = await session.Escrow.StartWithdrawalAsync(session.Channel, units, cancellation);
        Console.WriteLine($"the withdrawal of {Dollars.Of(units)} has begun in transaction {transaction}");
        Console.WriteLine($"it {await WhenAsync(session)}; until then the gateway can claim what was signed for, and takes no new vouchers on this money");
    }

    private static async Task FinishAsync(WalletSession session, CancellationToken cancellation)
    {
        var (finishableAt, now) = (await session.Escrow.ReadFinishableAtAsync(session.Channel), await session.Escrow.ReadNextBlockTimeAsync());
        if (finishableAt == 0 || finishableAt > now)
        {
            throw new CliException(finishableAt == 0
                ? "No withdrawal has begun. Begin one: ./ncn wallet withdraw --start"
                : $"The withdrawal {await WhenAsync(session)}.");
        }

        var outcome = await session.Escrow.FinishWithdrawalAsync(session.Channel, cancellation);
        Console.WriteLine($"{Dollars.Of(outcome.Amount)} is back in the wallet, in transaction {outcome.Transaction}");
    }
}
