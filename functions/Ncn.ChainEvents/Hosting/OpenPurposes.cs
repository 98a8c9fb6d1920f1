using Ncn.Chain.Transactions;

namespace Ncn.ChainEvents.Hosting;

/// <summary>Purposes that are told apart by their beginning: what a killed run left open is finished before another is sent.</summary>
internal static class OpenPurposes
{
    /// <summary>A purpose that was never used.</summary>
    internal static PurposeId New(string prefix) => new(prefix + Guid.NewGuid().ToString("N"));

    /// <summary>Waits for what is signed and not mined.</summary>
    /// <returns>False while something may still be mined: nothing of the kind is to be sent now.</returns>
    internal static async Task<(bool AllDone, int Finished)> FinishAsync(
        this TransactionSender transactions, string prefix, CancellationToken cancellationToken)
    {
        var (allDone, finished) = (true, 0);
        foreach (var open in await transactions.ListUnfinishedAsync(cancellationToken))
        {
            if (open.Stage != TransactionStage.Mined && open.Purpose.ToString().StartsWith(prefix, StringComparison.Ordinal))
            {
                allDone &= await transactions.ResumeAsync(open.Purpose, cancellationToken) is not TransactionOutcome.Pending;
                finished++;
            }
        }

        return (allDone, finished);
    }
}
