using System.Numerics;
using Ncn.Coordination.Batches;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Invariants;

/// <summary>The remarks of <see cref="BatchLedger"/>.</summary>
internal static class BatchInvariants
{
    internal static void Check(string key, BatchState before, BatchInput input, BatchState after)
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        var settled = after.Settled.Sum(static part => BitOperations.PopCount(part));
        if (settled != after.Succeeded + after.Failed || settled > after.Lines)
        {
            throw new ViolationException(Invariant.LineSettledOnce, $"{key}: {settled} settled, {after.Succeeded} succeeded, {after.Failed} failed of {after.Lines}");
        }

        if (after.LeaseToken < before.LeaseToken || (after.Runner != before.Runner && after.LeaseToken == before.LeaseToken && after.Phase != BatchPhase.None))
        {
            throw new ViolationException(Invariant.BatchTokensRise, $"{key}: {before.LeaseToken} of {before.Runner}, then {after.LeaseToken} of {after.Runner}");
        }

        if (before.IsEnded && after.Phase != before.Phase && after.Phase != BatchPhase.None)
        {
            throw new ViolationException(Invariant.BatchEndsOnce, $"{key}: {before.Phase}, then {after.Phase}");
        }

        if (after.Phase == BatchPhase.Completed && settled != after.Lines)
        {
            throw new ViolationException(Invariant.BatchCompletesWhole, $"{key}: {settled} of {after.Lines}");
        }

        if (input is BatchInput.Settle { Token: var token } && token != before.LeaseToken)
        {
            throw new ViolationException(Invariant.OnlyGoodLeaseSettles, $"{key}: token {token}, the lease is {before.LeaseToken}");
        }
    }
}
