using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>Every so many heights, and at the end of an epoch, the ledger is signed for the chain (rules M2, P4, G5).</summary>
/// <remarks>
/// The chain takes an epoch's last checkpoint before anything of the next epoch, and a key never signs a lower height than before (G5). So the
/// ends are signed in their order, each when the one before is certified or known to be on the chain, and nothing else meanwhile: an end that
/// was not certified yet is the mark of every honest guard that has come to it, and can be signed again.
/// </remarks>
internal static class Checkpointing
{
    /// <summary>P4: after a block is final and its row is on its way to the disk.</summary>
    internal static void After(Step step, Block block)
    {
        foreach (var operation in block.Operations)
        {
            if (operation.Operation is Operation.ObserveCheckpoint seen && step.State.Checkpoints.Ends.TryGetValue(seen.Epoch, out var end))
            {
                step.State = step.State with { Checkpoints = step.State.Checkpoints.WithCertified(end.Height, step.Limits.MaxOpenCheckpoints) };
            }
        }

        if (block.Header.Kind == BlockKind.EpochEnd)
        {
            Ended(step, block);
        }
        else
        {
            SignNext(step, IsDue(step.State, block.Height, step.Epoch.EndHeight) ? Of(block) : null);
        }
    }

    /// <summary>An epoch's last block is known.</summary>
    internal static void Ended(Step step, Block end)
    {
        step.State = step.State with { Checkpoints = step.State.Checkpoints.WithEnd(Of(end)) };
        SignNext(step, null);
    }

    /// <summary>What a block's checkpoint says.</summary>
    internal static Checkpoint Of(Block block)
    {
        var (header, roots) = (block.Header, block.Header.Roots);
        return new Checkpoint(header.Epoch, header.Height, block.Hash, roots.State, roots.Receipts, roots.Rewards, roots.NextSet);
    }

    /// <summary>The guard has signed.</summary>
    internal static void Signed(Step step, VerifiedCheckpoint checkpoint)
    {
        if (checkpoint.Signer == step.State.Checkpoints.OwnIn(checkpoint.Checkpoint.Epoch) && step.State.Guard.Mark == checkpoint.Checkpoint)
        {
            step.SendAll(new ConsensusMessage.CheckpointSigned(checkpoint));
            Keep(step, checkpoint);
        }
    }

    /// <summary>Somebody's signature comes in: of an epoch whose set is known, and of a height that has a checkpoint soon.</summary>
    internal static void Take(Step step, VerifiedCheckpoint checkpoint)
    {
        var (state, content) = (step.State, checkpoint.Checkpoint);
        var endHeight = content.Epoch == state.Epoch.Number ? state.Epoch.EndHeight : state.Checkpoints.Ends.GetValueOrDefault(content.Epoch)?.Height ?? state.Epoch.Anchor.Height;
        var isInReach = content.Height <= state.Delivered.Height + (2 * state.Limits.CheckpointInterval);
        if (isInReach && IsDue(state, content.Height, endHeight) && state.Checkpoints.Sets.TryGetValue(content.Epoch, out var electorate)
            && checkpoint.Signer != electorate.Own && checkpoint.Signer < electorate.Set.Members.Length)
        {
            Keep(step, checkpoint);
        }
    }

    /// <summary>V12: the own one, until it has a quorum.</summary>
    internal static void Resend(Step step)
    {
        var checkpoints = step.State.Checkpoints;
        if (step.State.Guard.Mark is { } mark && mark.Height > checkpoints.Certified && checkpoints.OwnIn(mark.Epoch) is { } own
            && checkpoints[mark.Height].FirstOrDefault(signed => signed.Signer == own && signed.Checkpoint == mark) is { } signed)
        {
            step.SendAll(new ConsensusMessage.CheckpointSigned(signed));
        }
    }

    /// <summary>C1: the mark is signed again, or the first end that was not signed.</summary>
    internal static void Again(Step step)
    {
        if (step.State.Guard.Mark is { } mark && step.State.Checkpoints.OwnIn(mark.Epoch) is { } own)
        {
            step.Output(new ConsensusOutput.SignCheckpoint(mark, own));
        }

        SignNext(step, null);
    }

    private static void SignNext(Step step, Checkpoint? newest)
    {
        var state = step.State;
        var next = state.Checkpoints.Ends.IsEmpty ? newest : state.Checkpoints.Ends.Values.First();
        if (next is null || next.Height <= state.Checkpoints.Certified || next == state.Guard.Mark || state.HaltReason is not null
            || state.Checkpoints.OwnIn(next.Epoch) is not { } own || !state.Guard.Allows(next))
        {
            return;
        }

        step.State = state with { Guard = state.Guard.With(next) };
        step.OutputAfterRows(new ConsensusOutput.SignCheckpoint(next, own));
    }

    private static bool IsDue(ConsensusState state, ulong height, ulong endHeight) => height > 0 && (height % state.Limits.CheckpointInterval == 0 || height == endHeight);

    private static void Keep(Step step, VerifiedCheckpoint checkpoint)
    {
        var open = step.State.Checkpoints;
        var key = open.KeyOf(checkpoint);
        var own = open[checkpoint.Checkpoint.Height].Where(other => open.Sets.ContainsKey(other.Checkpoint.Epoch) && open.KeyOf(other) == key).ToArray();
        if (own.Length > 1 || own.Any(other => other.Checkpoint == checkpoint.Checkpoint))
        {
            return;
        }

        step.State = step.State with { Checkpoints = open.With(checkpoint, step.Limits.MaxOpenCheckpoints) };
        if (own is [var other])
        {
            Accuse(step, other, checkpoint);
        }

        Certify(step, checkpoint.Checkpoint);
    }

    // E5; the contract looks the signer up in the later epoch's set. Those who are accused once in an epoch are counted by their places in the running one.
    private static void Accuse(Step step, VerifiedCheckpoint first, VerifiedCheckpoint second)
    {
        var later = first.Checkpoint.Epoch > second.Checkpoint.Epoch ? first : second;
        var evidence = new Evidence.Checkpoints(later.Signer, first.ToSigned(), second.ToSigned());
        if (later.Checkpoint.Epoch == step.Epoch.Number)
        {
            Votes.Accuse(step, evidence);
        }
        else
        {
            step.Output(new ConsensusOutput.Accuse(evidence, step.State.Checkpoints.KeyOf(later)));
        }
    }

    private static void Certify(Step step, Checkpoint content)
    {
        var signed = step.State.Checkpoints[content.Height].Where(other => other.Checkpoint == content).ToArray();
        var signers = signed.Aggregate(default(SignerBits), static (bits, other) => bits.With(other.Signer));
        if (content.Height <= step.State.Checkpoints.Certified || !step.State.Checkpoints.Sets[content.Epoch].Set.IsQuorum(signers))
        {
            return;
        }

        step.State = step.State with { Checkpoints = step.State.Checkpoints.WithCertified(content.Height, step.Limits.MaxOpenCheckpoints) };
        step.Output(new ConsensusOutput.SubmitCheckpoint(content, signed.ToImmutableSortedDictionary(static other => other.Signer, static other => other.Signature)));
        SignNext(step, null);
    }
}
