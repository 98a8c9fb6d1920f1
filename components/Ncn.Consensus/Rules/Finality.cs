using System.Collections.Immutable;

namespace Ncn.Consensus.Rules;

/// <summary>A Finalization makes its block and all its ancestors final (rule V7).</summary>
internal static class Finality
{
    /// <summary>F rises: at once, whether the blocks are here or not (rule A2).</summary>
    internal static void Reach(Step step, VerifiedCertificate finalization)
    {
        var (state, view) = (step.State, finalization.View);
        var floor = state.Guard.WithFloor(view);
        step.State = state with
        {
            Final = finalization,
            Guard = floor,
            Certificates = state.Certificates.RemoveRange(state.Certificates.Keys.TakeWhile(old => old < view)),
            Votes = state.Votes.RemoveRange(state.Votes.Keys.TakeWhile(old => old + state.Limits.PastViews <= view)),
            Asked = [.. state.Asked.Where(wanted => wanted is not Wanted.OfView skipped || skipped.View > view)],
        };
        if (state.Epoch.Own is not null)
        {
            step.OutputAfterRows(new ConsensusOutput.RaiseFloor(state.Epoch.Number, floor.Floor));
        }

        Views.Leave(step, view);
    }

    /// <summary>Hands out the final blocks, when all of them are here.</summary>
    internal static void Deliver(Step step)
    {
        var state = step.State;
        if (state.FinalHash == state.Delivered.Hash || state.Final is null || state.End is not null)
        {
            return;
        }

        var path = state.Tree.PathTo(state.FinalHash);
        if (path.IsEmpty || path[0].Header.ParentHash != state.Delivered.Hash)
        {
            CatchUp.FetchAncestors(step, path);
            return;
        }

        var outcomes = Outcomes(state, path);
        foreach (var block in path)
        {
            Blocks.Persist(step, block.Hash);
            Hand(step, block);
        }

        Settle(step, path, outcomes);
    }

    private static void Hand(Step step, Block block)
    {
        if (block.Header.Kind != BlockKind.Tail)
        {
            step.Output(new ConsensusOutput.Decided(block));
            step.OutputAfterRows(new ConsensusOutput.Deliver(block));
            Checkpointing.After(step, block);
        }
    }

    private static void Settle(Step step, ImmutableArray<Block> path, ImmutableSortedDictionary<ulong, ViewOutcome> outcomes)
    {
        var state = step.State;
        var past = state.Past.AddRange(outcomes);
        step.State = state with
        {
            Tree = state.Tree.WithRoot(Ancestor.Of(path[^1])),
            Past = past.RemoveRange(past.Keys.TakeWhile(view => view + state.Limits.PastViews <= state.FinalView)),
            Asked = [.. state.Asked.Where(static wanted => wanted is Wanted.OfView or Wanted.OfEpoch)],
        };
        OddVotes.PassOn(step, outcomes.Keys);
        if (path.Any(static block => block.Header.Kind == BlockKind.EpochEnd))
        {
            Epochs.Close(step, path);
        }
    }

    // Of the views after the last delivered one up to F, as far as votes of them are kept.
    private static ImmutableSortedDictionary<ulong, ViewOutcome> Outcomes(ConsensusState state, ImmutableArray<Block> path)
    {
        var outcomes = ImmutableSortedDictionary.CreateBuilder<ulong, ViewOutcome>();
        var oldest = state.FinalView < state.Limits.PastViews ? 1 : state.FinalView - state.Limits.PastViews + 1;
        for (var view = Math.Max(oldest, state.Delivered.View + 1); view <= state.FinalView; view++)
        {
            outcomes[view] = default;
        }

        foreach (var block in path.Where(block => outcomes.ContainsKey(block.View)))
        {
            outcomes[block.View] = new ViewOutcome(block.Hash, block.View == state.FinalView);
        }

        return outcomes.ToImmutable();
    }
}
