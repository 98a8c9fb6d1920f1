using System.CommandLine;
using Ncn.Cli.Network;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet</c>: the local client's money, and the evidence that it holds against the gateway.</summary>
internal static class WalletCommand
{
    public static Command Create() => new("wallet", "The client's money: look at it, put it into escrow, bound and forecast what is spent, take it out, and hold the gateway to what it charged.")
    {
        BalanceCommand.Create(),
        DepositCommand.Create(),
        AllocateCommand.Create(),
        DelegateCommand.Create(),
        WithdrawCommand.Create(),
        QuoteCommand.Create(),
        PolicyCommand.Create(),
        ForecastCommand.Create(),
        StatementCommand.Create(),
        DisputeCommand.Create(),
    };

    /// <summary>Runs a command with the wallet of the state folder that it names.</summary>
    public static void Run(Command command, Func<ParseResult, WalletSession, CancellationToken, Task> run)
    {
        var state = NetworkOptions.State();
        command.Add(state);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var session = new WalletSession(StateFolder.Choose(parsed.GetValue(state)));
            await run(parsed, session, cancellation);
            return 0;
        });
    }

    public static Argument<string> Amount() => new("dollars") { Description = "How much, for example 5 or 0.25." };
}
