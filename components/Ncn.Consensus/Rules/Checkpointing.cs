using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>Every so many heights, and at the end of an epoch, the ledger is signed for the chain (rules M2, P4, G5).</summary>
internal static class Checkpointing
{
    /// <summary>P4: after a block is final and its row is on its way to the disk.</summary>
    internal static void After(Step step, Block block)
    {
        var (state, header) = (step.State, block.Header);
        var checkpoint = new Checkpoint(header.Epoch, header.Height, block.Hash, header.Roots.State, header.Roots.Receipts, header.Roots.Rewards, header.Roots.NextSet);
        if (!IsDue(state, header.Height, state.Epoch.EndHeight) || state.Epoch.Own is null || state.HaltReason is not null || header.Height <= state.Checkpoints.Certified || !state.Guard.Allows(checkpoint))
        {
            return;
        }

        step.State = state with { Guard = state.Guard.With(checkpoint) };
        step.OutputAfterRows(new ConsensusOutput.SignCheckpoint(checkpoint));
    }

    /// <summary>The guard has signed.</summary>
    internal static void Signed(Step step, VerifiedCheckpoint checkpoint)
    {
        if (checkpoint.Signer == step.Epoch.Own && step.State.Guard.Mark == checkpoint.Checkpoint)
        {
            step.SendAll(new ConsensusMessage.CheckpointSigned(checkpoint));
            Keep(step, checkpoint);
        }
    }

    /// <summary>Somebody's signature comes in: of this epoch or the one before, and of a height that has a checkpoint soon.</summary>
    internal static void Take(Step step, VerifiedCheckpoint checkpoint)
    {
        var (state, content) = (step.State, checkpoint.Checkpoint);
        var isInReach = content.Height <= state.Delivered.Height + (2 * state.Limits.CheckpointInterval);
        var isDue = IsDue(state, content.Height, content.Epoch == state.Epoch.Number ? state.Epoch.EndHeight : state.Epoch.Anchor.Height);
        if (isInReach && isDue && checkpoint.Signer != state.Epoch.Own && state.Checkpoints.Sets.TryGetValue(content.Epoch, out var set) && checkpoint.Signer < set.Members.Length)
        {
            Keep(step, checkpoint);
        }
    }

    /// <summary>V12: the own one, until it has a quorum.</summary>
    internal static void Resend(Step step)
    {
        if (step.State.Guard.Mark is { } mark && mark.Height > step.State.Checkpoints.Certified
            && step.State.Checkpoints[mark.Height].FirstOrDefault(signed => signed.Signer == step.Epoch.Own) is { } own)
        {
            step.SendAll(new ConsensusMessage.CheckpointSigned(own));
        }
    }

    /// <summary>C1: the mark is signed again.</summary>
    internal static void Again(Step step)
    {
        if (step.State.Guard.Mark is { } mark && mark.Epoch == step.Epoch.Number)
        {
            step.Output(new ConsensusOutput.SignCheckpoint(mark));
        }
    }

    private static bool IsDue(ConsensusState state, ulong height, ulong endHeight) => height > 0 && (height % state.Limits.CheckpointInterval == 0 || height == endHeight);

    private static void Keep(Step step, VerifiedCheckpoint checkpoint)
    {
        var others = step.State.Checkpoints[checkpoint.Checkpoint.Height];
        var own = others.Where(other => other.Signer == checkpoint.Signer).ToArray();
        if (own.Length > 1 || own.Any(other => other.Checkpoint == checkpoint.Checkpoint))
        {
            return;
        }

        step.State = step.State with { Checkpoints = step.State.Checkpoints.With(checkpoint, step.Limits.MaxOpenCheckpoints) };
        if (own.Length == 1)
        {
            Votes.Accuse(step, new Evidence.Checkpoints(checkpoint.Signer, own[0].ToSigned(), checkpoint.ToSigned())); // E5
        }

        Certify(step, checkpoint.Checkpoint);
    }

    private static void Certify(Step step, Checkpoint content)
    {
        var signed = step.State.Checkpoints[content.Height].Where(other => other.Checkpoint == content).ToArray();
        var signers = signed.Aggregate(default(SignerBits), static (bits, other) => bits.With(other.Signer));
        if (content.Height <= step.State.Checkpoints.Certified || !step.State.Checkpoints.Sets[content.Epoch].IsQuorum(signers))
        {
            return;
        }

        step.State = step.State with { Checkpoints = step.State.Checkpoints with { Certified = content.Height } };
        step.Output(new ConsensusOutput.SubmitCheckpoint(content, signed.ToImmutableSortedDictionary(static other => other.Signer, static other => other.Signature)));
    }
}
