using System.Collections.Immutable;
using Ncn.Coordination.Batches;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;

namespace Ncn.Simulation.Mutations;

/// <summary>Ledgers of batches that are wrong.</summary>
internal static class BatchMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        new("batch-settles-twice", "a repeated line is counted again", new Cores { Batch = SettlesTwice }, Invariant.LineSettledOnce),
        new("batch-same-token", "who takes a batch over gets the token of the one before", new Cores { Batch = SameToken }, Invariant.BatchTokensRise),
        new("batch-ends-again", "a batch that has ended can be cancelled", new Cores { Batch = EndsAgain }, Invariant.BatchEndsOnce),
        new("batch-ends-early", "a batch is complete with its first lines", new Cores { Batch = EndsEarly }, Invariant.BatchCompletesWhole),
        new("batch-any-token", "a runner that lost its lease may settle", new Cores { Batch = AnyToken }, Invariant.OnlyGoodLeaseSettles),
    ];

    private static (BatchState, IReadOnlyList<BatchOutput>) SettlesTwice(BatchState state, BatchInput input, BatchLimits limits)
    {
        var (next, outputs) = BatchLedger.Apply(state, input, limits);
        return input is BatchInput.Settle { Lines.Count: > 0 } settle && settle.Lines[0].Line < state.Lines && state.IsSettled(settle.Lines[0].Line)
            ? (next with { Succeeded = next.Succeeded + 1 }, outputs)
            : (next, outputs);
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) SameToken(BatchState state, BatchInput input, BatchLimits limits)
    {
        var (next, outputs) = BatchLedger.Apply(state, input, limits);
        return input is BatchInput.Claim && next.Runner != state.Runner ? (next with { LeaseToken = state.LeaseToken }, outputs) : (next, outputs);
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) EndsAgain(BatchState state, BatchInput input, BatchLimits limits)
    {
        var (next, outputs) = BatchLedger.Apply(state, input, limits);
        return state is { Phase: BatchPhase.Completed or BatchPhase.Expired } && next.Phase == state.Phase ? (next with { Phase = BatchPhase.Cancelled }, outputs) : (next, outputs);
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) EndsEarly(BatchState state, BatchInput input, BatchLimits limits)
    {
        var (next, outputs) = BatchLedger.Apply(state, input, limits);
        return input is BatchInput.Settle && next.Phase == BatchPhase.InProgress && !ReferenceEquals(next, state) ? (next with { Phase = BatchPhase.Completed }, outputs) : (next, outputs);
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) AnyToken(BatchState state, BatchInput input, BatchLimits limits) =>
        BatchLedger.Apply(state, input is BatchInput.Settle settle ? settle with { Token = state.LeaseToken } : input, limits);
}
