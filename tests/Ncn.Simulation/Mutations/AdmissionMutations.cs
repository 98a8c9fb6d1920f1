using System.Collections.Immutable;
using Ncn.Coordination.Admission;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;

namespace Ncn.Simulation.Mutations;

/// <summary>Queues before nodes that are wrong.</summary>
internal static class AdmissionMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        Of("admission-starves", "who waits longest is put last again", Starves, Invariant.NobodyStarves) with { First = 64 },
        Of("admission-decides-twice", "an applicant is let in twice", DecidesTwice, Invariant.DecidedOnce),
        Of("admission-miscounts", "one place too many counts as taken", Miscounts, Invariant.PlacesCounted),
        Of("admission-overfills", "more are let in than there are places", static (state, input, limits) => WithCapacity(state, input, limits, 3), Invariant.PlacesBounded),
        Of("admission-idles", "the last place stays empty", static (state, input, limits) => WithCapacity(state, input, limits, -1), Invariant.NoPlaceIdle),
        Of("admission-unbounded", "any number may wait", static (state, input, limits) => FairAdmission.Apply(state, input, limits with { MaxWaiting = 1_000, MaxWaitingPerPayer = 1_000 }), Invariant.QueueKeepsBounds),
    ];

    private static Mutation Of(
        string name, string words, Func<FairQueueState, FairQueueInput, FairQueueLimits, (FairQueueState, IReadOnlyList<FairQueueOutput>)> admission, string breaks) =>
        new(name, words, new Cores { Admission = admission }, breaks);

    private static (FairQueueState, IReadOnlyList<FairQueueOutput>) Starves(FairQueueState state, FairQueueInput input, FairQueueLimits limits)
    {
        var unlucky = state.Turns.Count > 1 ? state.Turns.Min() : default;
        return FairAdmission.Apply(state.Turns.Count > 1 ? state with { Turns = state.Turns.Remove(unlucky).Add(unlucky) } : state, input, limits);
    }

    private static (FairQueueState, IReadOnlyList<FairQueueOutput>) DecidesTwice(FairQueueState state, FairQueueInput input, FairQueueLimits limits)
    {
        var (next, outputs) = FairAdmission.Apply(state, input, limits);
        return (next, outputs.Count > 0 ? [.. outputs, outputs[0]] : outputs);
    }

    private static (FairQueueState, IReadOnlyList<FairQueueOutput>) Miscounts(FairQueueState state, FairQueueInput input, FairQueueLimits limits)
    {
        var (next, outputs) = FairAdmission.Apply(state, input, limits);
        return (input is FairQueueInput.End ? next with { Slots = next.Slots + 1 } : next, outputs);
    }

    private static (FairQueueState, IReadOnlyList<FairQueueOutput>) WithCapacity(FairQueueState state, FairQueueInput input, FairQueueLimits limits, int more)
    {
        if (state.Capacity <= 1 || input is FairQueueInput.SetCapacity)
        {
            return FairAdmission.Apply(state, input, limits);
        }

        var (next, outputs) = FairAdmission.Apply(state with { Capacity = state.Capacity + more }, input, limits);
        return (next with { Capacity = state.Capacity }, outputs);
    }
}
