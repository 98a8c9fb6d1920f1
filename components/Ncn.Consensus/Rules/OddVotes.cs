using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>
/// Rule E0 (not in the paper): a vote that does not fit what became of its view is passed on once, and so is one of which nobody here can tell. Two votes
/// that exclude each other may have gone to two nodes that would never compare them; so they meet, and every equivocation is found. With the last block of
/// an epoch that does not end: its votes are kept while the next one runs (<see cref="EarlierEpochs"/>).
/// </summary>
internal static class OddVotes
{
    /// <summary>Views became final: what does not fit is passed on.</summary>
    internal static void PassOn(Step step, IEnumerable<ulong> views) => Send(step, [.. views.SelectMany(view => Of(step.State, view))]);

    /// <summary>A vote of a view that is final already.</summary>
    internal static void Late(Step step, VerifiedVote vote, bool isRelayed)
    {
        if (!isRelayed && IsOdd(step.State, vote.Vote))
        {
            Send(step, [vote]);
        }
    }

    /// <summary>All odd votes that are still kept, for rule V12.</summary>
    internal static IEnumerable<VerifiedVote> All(ConsensusState state) => state.Votes.Keys.TakeWhile(view => view <= state.Delivered.View).SelectMany(view => Of(state, view));

    internal static void Send(Step step, ImmutableArray<VerifiedVote> odd)
    {
        if (!odd.IsEmpty)
        {
            step.SendAll(new ConsensusMessage.Relayed(odd));
        }
    }

    private static IEnumerable<VerifiedVote> Of(ConsensusState state, ulong view) => state.VotesOf(view).Votes.Where(vote => IsOdd(state, vote.Vote));

    // Of a view that a snapshot skipped, or that was over before a restart, the outcome is not known here. Those above the delivered block are not over.
    private static bool IsOdd(ConsensusState state, Vote vote) => vote.View <= state.Delivered.View
        && !(vote.View == state.FinalView ? vote.BlockHash == state.FinalHash : state.Past.TryGetValue(vote.View, out var outcome) && outcome.Fits(vote));
}
