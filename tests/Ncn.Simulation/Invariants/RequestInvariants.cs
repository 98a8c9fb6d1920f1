using Ncn.Coordination.Requests;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Invariants;

/// <summary>The remarks of <see cref="RequestLedger"/>.</summary>
internal static class RequestInvariants
{
    internal static void Check(string key, RequestState before, RequestInput input, RequestState after, IReadOnlyList<RequestOutput> outputs)
    {
        var isForgotten = outputs.Any(static output => output is RequestOutput.Forget);
        if (before.IsAnswered && !isForgotten && outputs.Any(static output => output is RequestOutput.KeepAnswer))
        {
            throw new ViolationException(Invariant.FirstAnswerStays, $"{key} was answered again by {input.GetType().Name}");
        }

        if (before.Phase != RequestPhase.None && after.Phase != RequestPhase.None && before.Fingerprint != after.Fingerprint && !isForgotten)
        {
            throw new ViolationException(Invariant.FingerprintNeverChanges, key);
        }

        var isStarted = outputs.Any(static output => output is RequestOutput.Start);
        if (isStarted && !isForgotten && before.Phase != RequestPhase.None && input.Now < before.LeaseUntil)
        {
            throw new ViolationException(Invariant.OneRequestLease, $"{key} was begun again {before.LeaseUntil - input.Now} ms early");
        }
    }
}
