using System.Collections.Immutable;
using Ncn.Coordination.Requests;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;

namespace Ncn.Simulation.Mutations;

/// <summary>Ledgers of requests that are wrong.</summary>
internal static class RequestMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        new("request-second-answer", "a later answer replaces the first", new Cores { Request = SecondAnswer }, Invariant.FirstAnswerStays),
        new("request-takes-over", "another request under the same key takes its place", new Cores { Request = TakesOver }, Invariant.FingerprintNeverChanges),
        new("request-begins-again", "a repeat begins what is under way", new Cores { Request = BeginsAgain }, Invariant.OneRequestLease),
    ];

    private static (RequestState, IReadOnlyList<RequestOutput>) SecondAnswer(RequestState state, RequestInput input, ulong retention) =>
        RequestLedger.Apply(input is RequestInput.Keep or RequestInput.Complete && state.IsAnswered ? state with { Phase = RequestPhase.Running } : state, input, retention);

    private static (RequestState, IReadOnlyList<RequestOutput>) TakesOver(RequestState state, RequestInput input, ulong retention)
    {
        var (next, outputs) = RequestLedger.Apply(state, input, retention);
        return input is RequestInput.Begin begin && outputs.Any(static output => output is RequestOutput.TellConflict) ? (next with { Fingerprint = begin.Fingerprint }, outputs) : (next, outputs);
    }

    private static (RequestState, IReadOnlyList<RequestOutput>) BeginsAgain(RequestState state, RequestInput input, ulong retention) =>
        RequestLedger.Apply(input is RequestInput.Begin ? state with { LeaseUntil = 0 } : state, input, retention);
}
