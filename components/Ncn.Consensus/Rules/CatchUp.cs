using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>What is missing is fetched: certificates of skipped views, certified blocks, or a whole ledger (rules A1 to A3, V10).</summary>
internal static class CatchUp
{
    /// <summary>Blocks that nobody gave so often are forgotten: the others have left their epoch.</summary>
    private const int ResendsBeforeSnapshot = 3;

    /// <summary>A3: a certificate of every view between F and v, and the blocks of those that have one.</summary>
    internal static void FillGaps(Step step)
    {
        var state = step.State;
        for (var view = state.FinalView + 1; view < state.View && step.State.Asked.Count < state.Limits.MaxFetches; view++)
        {
            var certificates = state.CertificatesOf(view);
            if (certificates.Certified is { } hash)
            {
                FetchBlock(step, hash, (certificates.Notarization ?? certificates.Finalization)!.Signers);
            }
            else if (certificates.Nullification is null)
            {
                step.Want(new Wanted.OfView(view), default);
            }
        }
    }

    /// <summary>A2: the blocks between the delivered one and the final one; a snapshot when these are too many, or when nobody has them any more.</summary>
    /// <param name="known">The newest of them, as far as they hang together, oldest first.</param>
    internal static void FetchAncestors(Step step, ImmutableArray<Block> known)
    {
        var state = step.State;
        if (known.IsEmpty)
        {
            FetchBlock(step, state.FinalHash, state.Final!.Signers);
            return;
        }

        var height = known[0].Height;
        if (height <= state.Delivered.Height)
        {
            step.Halt($"the final block of view {state.FinalView} does not descend from the delivered block of height {state.Delivered.Height}");
        }
        else if (height - state.Delivered.Height > state.Limits.MaxCatchUp)
        {
            step.Want(new Wanted.OfLedger(state.Delivered.Height), state.Final!.Signers);
        }
        else
        {
            FetchBlock(step, known[0].Header.ParentHash, state.Final!.Signers);
            if (state.Resends >= ResendsBeforeSnapshot)
            {
                step.Want(new Wanted.OfLedger(state.Delivered.Height), state.Final!.Signers);
            }
        }
    }

    /// <summary>A block comes in. It is kept when somebody vouches for its hash: a certificate, a child, or our own question.</summary>
    internal static void BlockReceived(Step step, Block block)
    {
        if (block.Header.Epoch != step.Epoch.Number || block.Header.Network != step.Epoch.Network)
        {
            return;
        }

        KeepIfWanted(step, block);
        step.State = step.State with { Asked = [.. step.State.Asked.Where(wanted => wanted is not Wanted.OfBlock of || of.Hash != block.Hash)] };
    }

    /// <summary>V10.</summary>
    internal static void KeepIfWanted(Step step, Block block)
    {
        var state = step.State;
        var isWanted = state.CertificatesOf(block.View).Certified == block.Hash || block.Hash == state.FinalHash
            || state.Asked.Any(wanted => wanted is Wanted.OfBlock of && of.Hash == block.Hash)
            || state.Tree.Entries.Values.Any(entry => entry.Block.Header.ParentHash == block.Hash);
        if (isWanted && block.View > state.Delivered.View)
        {
            Blocks.Keep(step, block);
        }
    }

    /// <summary>A2: the ledger jumps to a final block.</summary>
    internal static void SnapshotReceived(Step step, VerifiedSnapshot snapshot)
    {
        var (state, block) = (step.State, snapshot.Block);
        if (block.Header.Epoch != state.Epoch.Number || block.Header.Network != state.Epoch.Network || block.Height <= state.Delivered.Height || state.End is not null)
        {
            return;
        }

        Certificates.Take(step, snapshot.Finalization);
        foreach (var passed in snapshot.Blocks)
        {
            step.Persist(new DurableRow.OfBlock(passed));
        }

        step.State = step.State with { Tree = step.State.Tree.WithRoot(Ancestor.Of(block)), Asked = [], Past = step.State.Past.Clear() };
        step.OutputAfterRows(new ConsensusOutput.Restore(snapshot));
        OddVotes.Send(step, [.. OddVotes.All(step.State)]);
        if (block.Header.Kind == BlockKind.EpochEnd)
        {
            Epochs.Close(step, VerifiedEpochProof.Of(snapshot.Finalization, snapshot.Blocks)!);
        }
    }

    private static void FetchBlock(Step step, Hash32 hash, SignerBits holders)
    {
        if (!step.State.Tree.Has(hash))
        {
            step.Want(new Wanted.OfBlock(hash, step.State.Delivered.Height), holders);
        }
    }
}
