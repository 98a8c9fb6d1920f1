using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>
/// Rule E0 (not in the paper): a vote that does not fit what became of its view is passed on once. Two votes that exclude each other may
/// have gone to two nodes that would never compare them; so they meet, and every equivocation is found.
/// </summary>
internal static class OddVotes
{
    /// <summary>Views became final: what does not fit is passed on.</summary>
    internal static void PassOn(Step step, IEnumerable<ulong> views)
    {
        ImmutableArray<VerifiedVote> odd = [.. views.SelectMany(view => Of(step.State, view))];
        if (!odd.IsEmpty)
        {
            step.SendAll(new ConsensusMessage.Relayed(odd));
        }
    }

    /// <summary>A vote of a view that is final already.</summary>
    internal static void Late(Step step, VerifiedVote vote, bool isRelayed)
    {
        if (!isRelayed && step.State.Past.TryGetValue(vote.Vote.View, out var outcome) && IsOdd(vote.Vote, outcome))
        {
            step.SendAll(new ConsensusMessage.Relayed([vote]));
        }
    }

    /// <summary>All odd votes that are still kept, for rule V12.</summary>
    internal static IEnumerable<VerifiedVote> All(ConsensusState state) => state.Past.Keys.SelectMany(view => Of(state, view));

    private static IEnumerable<VerifiedVote> Of(ConsensusState state, ulong view) =>
        state.Past.TryGetValue(view, out var outcome) ? state.VotesOf(view).Votes.Where(vote => IsOdd(vote.Vote, outcome)) : [];

    // Fits: a vote for the final chain's block; a Nullify of a view that it skips.
    private static bool IsOdd(Vote vote, ViewOutcome outcome) => vote.BlockHash != outcome.BlockHash;
}
