using System.Collections.Immutable;

namespace Ncn.Consensus.Rules;

/// <summary>An epoch ends with a height, and the next one is a fresh instance on its last block (rules P2, P3, A4).</summary>
internal static class Epochs
{
    /// <summary>P2: the EpochEnd block is final.</summary>
    internal static void Close(Step step, ImmutableArray<Block> path) =>
        Close(step, VerifiedEpochProof.Of(step.State.Final!, [.. path.Where(static block => block.Header.Kind != BlockKind.Normal).Reverse()])!);

    internal static void Close(Step step, VerifiedEpochProof proof)
    {
        step.State = step.State with { End = Ancestor.Of(proof.End) };
        Checkpointing.Ended(step, proof.End);
        step.Persist(new DurableRow.OfEpoch(proof));
        step.OutputAfterRows(new ConsensusOutput.EpochClosed(proof, proof.End.Header.Roots.NextSet));
    }

    /// <summary>P3: this node is late.</summary>
    internal static void LaterSeen(Step step)
    {
        if (step.State.End is null)
        {
            step.Want(new Wanted.OfEpoch(step.Epoch.Number), default);
        }
    }

    /// <summary>A4: the proof's blocks are vouched for by its Finalization; what is between is fetched like any ancestor.</summary>
    internal static void ProofReceived(Step step, VerifiedEpochProof proof)
    {
        if (proof.Finalization.Epoch != step.Epoch.Number || step.State.End is not null)
        {
            return;
        }

        step.State = step.State with { Asked = step.State.Asked.Remove(new Wanted.OfEpoch(step.Epoch.Number)) };
        foreach (var block in proof.Blocks.Where(block => block.View > step.State.Delivered.View))
        {
            Blocks.Keep(step, block);
        }

        Certificates.Take(step, proof.Finalization);
    }

    /// <summary>P2: view 1 on the anchor, no rows, the same mark.</summary>
    /// <exception cref="ArgumentException">It is not the epoch that follows: a fault of the shell.</exception>
    internal static void Open(Step step, EpochSettings epoch)
    {
        var state = step.State;
        var follows = state.End is { } end && epoch.Number == state.Epoch.Number + 1 && epoch.Network == state.Epoch.Network
            && epoch.Anchor.Hash == end.Hash && epoch.Anchor.Height == end.Height && epoch.Anchor.View == 0 && epoch.Set.Hash == end.Roots.NextSet;
        if (!follows)
        {
            throw new ArgumentException($"Epoch {epoch.Number} with anchor {epoch.Anchor.Hash} and set {epoch.Set.Hash} does not follow epoch {state.Epoch.Number}; open it with the anchor and set that EpochClosed named.", nameof(epoch));
        }

        step.State = new ConsensusState(epoch, state.Guard.ForEpoch(epoch.Number), BlockTree.Of(epoch.Anchor), state.Limits)
        {
            Durability = state.Durability with { Signing = state.Durability.Signing.Clear(), Signed = [] },
            Checkpoints = state.Checkpoints.WithSet(epoch.Number, new Electorate(epoch.Set, epoch.Own)),
            Earlier = EarlierEpochs.Leave(step),
            HasWork = state.HasWork,
            HaltReason = state.HaltReason,
        };
        Views.Enter(step, 1);
    }
}
