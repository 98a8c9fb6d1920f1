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
            throw new ViolationException("an answered request keeps its first answer", $"{key} was answered again by {input.GetType().Name}");
        }

        if (before.Phase != RequestPhase.None && after.Phase != RequestPhase.None && before.Fingerprint != after.Fingerprint && !isForgotten)
        {
            throw new ViolationException("a fingerprint never changes", key);
        }

        var isStarted = outputs.Any(static output => output is RequestOutput.Start);
        if (isStarted && !isForgotten && before.Phase != RequestPhase.None && input.Now < before.LeaseUntil)
        {
            throw new ViolationException("at most one lease of a request is good", $"{key} was begun again {before.LeaseUntil - input.Now} ms early");
        }
    }
}
