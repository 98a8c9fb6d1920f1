using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Consensus;

/// <summary>Cores that are wrong in one step.</summary>
internal static class Wrong
{
    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) Without<T>(ConsensusState state, ConsensusInput input)
        where T : ConsensusOutput
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        return (next, [.. outputs.Where(static output => output is not T)]);
    }

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) MixesEpochs(ConsensusState state, ConsensusInput input) => ConsensusCore.Apply(
        state,
        input is ConsensusInput.Received { Message: ConsensusMessage.Ballot { Vote: var vote } } && vote.Vote.Epoch < state.Epoch.Number && vote.Signer < state.Epoch.Set.Members.Length
            ? new ConsensusInput.Received(new ConsensusMessage.Ballot(VerifiedVote.Trust(vote.Vote with { Epoch = state.Epoch.Number }, vote.Signer, default)))
            : input);

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) BlamesTheLegal(ConsensusState state, ConsensusInput input)
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        if (input is not ConsensusInput.Received { Message: ConsensusMessage.Ballot { Vote: { Vote.Kind: VoteKind.Nullify } vote } } || vote.Vote.Epoch != state.Epoch.Number)
        {
            return (next, outputs);
        }

        var other = next.VotesOf(vote.Vote.View).Votes.FirstOrDefault(other => other.Signer == vote.Signer && other.Vote.Kind == VoteKind.Notarize);
        return other is null ? (next, outputs) : (next, [.. outputs, new ConsensusOutput.Accuse(new Evidence.Votes(vote.Signer, other.ToSigned(), vote.ToSigned()), next.Epoch.Set.Members[vote.Signer].Key)]);
    }

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) ForgetsEpochs(ConsensusState state, ConsensusInput input)
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        return (next with { Earlier = next.Earlier.Clear() }, [.. outputs.Where(output => output is not ConsensusOutput.Send { Message: ConsensusMessage.Relayed { Votes: [var vote, ..] } } || vote.Vote.Epoch == next.Epoch.Number)]);
    }

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) DeliversTwice(ConsensusState state, ConsensusInput input)
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        return (next, [.. outputs.SelectMany(static output => output is ConsensusOutput.Deliver { Block.Height: > 3 } ? [output, output] : new[] { output })]);
    }

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) TellsEarly(ConsensusState state, ConsensusInput input)
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        var notarized = outputs.OfType<ConsensusOutput.Persist>().SelectMany(static persist => persist.Rows).OfType<DurableRow.OfCertificate>()
            .Where(static row => row.Certificate.Kind == VoteKind.Notarize).Select(row => next.Tree[row.Certificate.BlockHash]?.Block).OfType<Block>().Where(static block => block.Header.Kind != BlockKind.Tail);
        return (next, [.. outputs, .. notarized.Select(static block => new ConsensusOutput.Decided(block))]);
    }

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) LowersFloor(ConsensusState state, ConsensusInput input)
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        return next.View > state.View && next.Guard.Floor > 2 ? (next with { Guard = next.Guard with { Floor = next.Guard.Floor - 2 } }, outputs) : (next, outputs);
    }

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) KeepsVotes(ConsensusState state, ConsensusInput input)
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        return next.Epoch == state.Epoch && next.Final != state.Final ? (next with { Votes = state.Votes.SetItems(next.Votes) }, outputs) : (next, outputs);
    }

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) FalseCheckpoint(ConsensusState state, ConsensusInput input)
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        return outputs.OfType<ConsensusOutput.SignCheckpoint>().LastOrDefault() is { Checkpoint: var checkpoint } && next.Guard.Mark == checkpoint
            ? (next with { Guard = next.Guard with { Mark = Other(checkpoint) } }, [.. outputs.Select(static output => output is ConsensusOutput.SignCheckpoint sign ? sign with { Checkpoint = Other(sign.Checkpoint) } : output)])
            : (next, outputs);
    }

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) NeverAgain(ConsensusState state, ConsensusInput input)
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        ImmutableArray<ConsensusOutput> rest = [.. outputs.Where(static output => output is not ConsensusOutput.SetTimer { Timer.Kind: TimerKind.Resend })];
        return (next, rest);
    }

    private static Checkpoint Other(Checkpoint checkpoint) => checkpoint with { BlockHash = Names.Content(7) };
}
