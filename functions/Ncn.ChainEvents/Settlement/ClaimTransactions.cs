using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Ncn.Chain.Transactions;
using Ncn.ChainEvents.Applying;
using Ncn.ChainEvents.Hosting;
using Ncn.Payments.Settlement;

namespace Ncn.ChainEvents.Settlement;

/// <summary>Carries one claim through <see cref="SettlementMachine"/>: what is decided is saved before it is done.</summary>
public sealed class ClaimTransactions(
    OperatorAccount account, ChannelActors actors, ChannelViews views, SettlementBook book, TimeProvider time, ILogger<ClaimTransactions> logger)
{
    /// <summary>Saves the plan, sends it and waits for its end, or until patience ends.</summary>
    internal async Task<SettlementState> BeginAsync(SettlementState planned, TransactionCall call, CancellationToken cancellationToken)
    {
        await book.SaveAsync(planned, cancellationToken);
        return await ContinueAsync(planned, purpose => SubmitAsync(purpose, call, cancellationToken), cancellationToken);
    }

    /// <summary>Goes on with a claim that an earlier run, or another process, left open. What it calls need not be known: it was signed, or it will never be.</summary>
    internal Task<SettlementState> ResumeAsync(SettlementState open, CancellationToken cancellationToken) => ContinueAsync(
        open, purpose => account.Transactions.ResumeAsync(purpose, cancellationToken), cancellationToken);

    private async Task<SettlementState> ContinueAsync(
        SettlementState state, Func<PurposeId, Task<TransactionOutcome?>> submit, CancellationToken cancellationToken)
    {
        (state, var output) = await StepAsync(state, new SettlementInput.Continue(Now()), cancellationToken);
        if (output != SettlementOutput.Submit)
        {
            return state;
        }

        var purpose = new PurposeId(state.Purpose);
        SettlementInput input = await submit(purpose) switch
        {
            TransactionOutcome.Mined mined => new SettlementInput.Mined(Now(), mined.Receipt.Transaction, RowsOf(mined.Receipt, state)),
            TransactionOutcome.Pending pending => new SettlementInput.Unknown(Now(), pending.Hash),
            TransactionOutcome.Reverted refused => new SettlementInput.Refused(Now(), refused.Transaction, refused.Reason),
            _ => new SettlementInput.Refused(Now(), null, "It was never signed, or the chain gave its nonce to another transaction; its rows are claimed anew."),
        };
        (state, output) = await StepAsync(state, input, cancellationToken);
        if (output != SettlementOutput.Record)
        {
            return state;
        }

        await RecordAsync(state);
        return await account.Transactions.FindAsync(purpose, cancellationToken) is { Stage: TransactionStage.Final }
            ? (await StepAsync(state, new SettlementInput.Recorded(Now()), cancellationToken)).State
            : state;
    }

    private async Task<TransactionOutcome?> SubmitAsync(PurposeId purpose, TransactionCall call, CancellationToken cancellationToken) =>
        await account.Transactions.SendAsync(purpose, call, cancellationToken);

    private async Task<(SettlementState State, SettlementOutput Output)> StepAsync(
        SettlementState state, SettlementInput input, CancellationToken cancellationToken)
    {
        var (next, output) = SettlementMachine.Apply(state, input);
        if (output == SettlementOutput.Recount)
        {
            logger.LogError("The claim {Purpose} did not happen: {Reason}", next.Purpose, next.Reason);
            await views.RefreshAsync(next.Rows.Select(static row => row.Channel), reorganizedFrom: 0, cancellationToken);
        }

        if (next != state)
        {
            await book.SaveAsync(next, cancellationToken);
        }

        return (next, output);
    }

    private async Task RecordAsync(SettlementState state)
    {
        foreach (var row in state.Rows)
        {
            await actors.Channel(row.Channel).RecordClaimAsync(row.Target);
        }

        logger.LogInformation("Claimed {Amount} units from {Count} channels in {Transaction}", state.Amount, state.Rows.Length, state.Transaction);
    }

    private ImmutableArray<SettlementRow> RowsOf(MinedReceipt receipt, SettlementState state)
    {
        var outcome = account.Payments.ReadClaim(receipt);
        foreach (var row in outcome.Skipped)
        {
            logger.LogError("The contract skipped channel {Channel} in claim {Transaction}: {Fault}", row.Channel, receipt.Transaction, row.Fault);
        }

        var planned = state.Rows.Select(static row => row.Channel).ToHashSet();
        return [.. outcome.Claimed.Where(row => planned.Contains(row.Channel)).Select(static row => new SettlementRow(row.Channel, row.TotalClaimed, row.Amount))];
    }

    private ulong Now() => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
}
