using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>What is kept of an epoch that is over: its votes, to compare with those that come late (rule E0).</summary>
/// <param name="Own">The own place in its set.</param>
/// <param name="View">The view in which it was left.</param>
/// <param name="FinalView">Its highest view with a Finalization.</param>
/// <param name="Past">What became of its last views, as far as it is known here.</param>
internal sealed record EarlierEpoch(
    ulong Number, ValidatorSet Set, int? Own, ulong View, ulong FinalView, ImmutableSortedDictionary<ulong, ViewVotes> Votes,
    ImmutableSortedDictionary<ulong, ViewOutcome> Past, SignerBits Accused)
{
    internal static EarlierEpoch Of(ConsensusState state) =>
        new(state.Epoch.Number, state.Epoch.Set, state.Epoch.Own, state.View, state.FinalView, state.Votes, state.Past, state.Accused);

    internal ViewVotes VotesOf(ulong view) => Votes.GetValueOrDefault(view) ?? ViewVotes.None;

    /// <summary>As in the epoch's last view: of members other than this one, and of views near its end.</summary>
    internal bool IsTaken(VerifiedVote vote, ConsensusLimits limits) =>
        vote.Signer < Set.Members.Length && vote.Signer != Own && limits.IsInReach(vote.Vote.View, View, FinalView);

    /// <summary>All that its final chain does not explain. What came after its last block is final nowhere, and explained by nothing.</summary>
    internal IEnumerable<VerifiedVote> Odd() => Votes.Values.SelectMany(static votes => votes.Votes).Where(vote => IsOdd(vote.Vote));

    internal bool IsOdd(Vote vote) => !Past.TryGetValue(vote.View, out var outcome) || !outcome.Fits(vote);
}
