using Ncn.Consensus;

namespace Ncn.Simulation.Consensus;

/// <summary>Validators that take less than more than two thirds of the stake for a quorum.</summary>
internal static class FalseQuorums
{
    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) OneLess(ConsensusState state, ConsensusInput input) => Lenient(
        state, input, static (set, signers) => Enumerable.Range(0, set.Members.Length).Any(other => set.IsQuorum(signers.With(other))));

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) TwoThirds(ConsensusState state, ConsensusInput input) => Lenient(
        state, input, static (set, signers) => 3 * set.WeightOf(signers) == 2 * set.TotalWeight);

    internal static (ConsensusState, IReadOnlyList<ConsensusOutput>) Heads(ConsensusState state, ConsensusInput input) => Lenient(
        state, input, static (set, signers) => 3 * signers.Count > 2 * set.Members.Length);

    // A certificate is made of a set in which its signers weigh more.
    private static (ConsensusState, IReadOnlyList<ConsensusOutput>) Lenient(ConsensusState state, ConsensusInput input, Func<ValidatorSet, SignerBits, bool> isEnough)
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        if (input is not ConsensusInput.Received { Message: ConsensusMessage.Ballot { Vote: var vote } } || vote.Vote.Epoch != next.Epoch.Number)
        {
            return (next, outputs);
        }

        var (set, votes) = (next.Epoch.Set, next.VotesOf(vote.Vote.View));
        var signers = votes.SignersOf(vote.Vote.Kind, vote.Vote.BlockHash);
        if (set.IsQuorum(signers) || !isEnough(set, signers))
        {
            return (next, outputs);
        }

        var lenient = ValidatorSet.Of(set.Members.Select((member, place) => signers.Contains(place) ? member with { Weight = 1_000_000 } : member));
        var (after, more) = ConsensusCore.Apply(next, new ConsensusInput.Received(new ConsensusMessage.Certified(VerifiedCertificate.Of(votes.Of(vote.Vote), lenient)!)));
        return (after, [.. outputs, .. more]);
    }
}
