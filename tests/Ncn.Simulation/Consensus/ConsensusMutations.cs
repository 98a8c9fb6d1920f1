using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Mutations;

namespace Ncn.Simulation.Consensus;

/// <summary>Validators that are wrong on purpose.</summary>
internal static class ConsensusMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        Of("consensus-votes-before-persist", "a vote is sent before its rows are durable", new ConsensusCores { ConfirmsBeforeDurable = true }, ConsensusInvariants.VoteAfterRows),
        Of("consensus-quorum-off-by-one", "a quorum needs one validator less", new ConsensusCores { Apply = TakesSmallQuorums }, ConsensusInvariants.NobodyHalts, ConsensusInvariants.OneFinalBlock),
        Of(
            "consensus-missing-lock", "who gave a view up finalizes in it all the same", new ConsensusCores { Apply = ForgetsNullified, Guard = SignsWithoutLock },
            ConsensusInvariants.VotesAgree, ConsensusInvariants.HonestNotAccused, ConsensusInvariants.NobodyHalts, ConsensusInvariants.VoteAfterRows),
        Of("consensus-wrong-leader", "a block of anybody is taken for the leader's", new ConsensusCores { Apply = BelievesProposers }, ConsensusInvariants.BlockOfLeader),
        Of("consensus-stale-certificate", "a block may stand on an older certificate than the last one", new ConsensusCores { Apply = IgnoresGaps }, ConsensusInvariants.SkipsNullified),
    ];

    private static Mutation Of(string name, string words, ConsensusCores consensus, params ImmutableArray<string> breaks) => new(name, words, new Cores { Consensus = consensus }, breaks);

    private static (ConsensusState, IReadOnlyList<ConsensusOutput>) TakesSmallQuorums(ConsensusState state, ConsensusInput input)
    {
        var (next, outputs) = ConsensusCore.Apply(state, input);
        if (input is not ConsensusInput.Received { Message: ConsensusMessage.Ballot { Vote: var vote } })
        {
            return (next, outputs);
        }

        var (set, votes) = (next.Epoch.Set, next.VotesOf(vote.Vote.View));
        var signers = votes.SignersOf(vote.Vote.Kind, vote.Vote.BlockHash);
        if (set.IsQuorum(signers) || !Enumerable.Range(0, set.Members.Length).Any(other => set.IsQuorum(signers.With(other))))
        {
            return (next, outputs);
        }

        var lenient = ValidatorSet.Of(set.Members.Select((member, place) => signers.Contains(place) ? member with { Weight = 1_000_000 } : member));
        var (after, more) = ConsensusCore.Apply(next, new ConsensusInput.Received(new ConsensusMessage.Certified(VerifiedCertificate.Of(votes.Of(vote.Vote), lenient)!)));
        return (after, [.. outputs, .. more]);
    }

    private static SignGuard? SignsWithoutLock(SignGuard guard, Vote vote)
    {
        var unlocked = Unlocked(guard, vote.View);
        if (!unlocked.Allows(vote))
        {
            return null;
        }

        var next = unlocked.With(vote);
        return next.Rows.TryGetValue(vote.View, out var row) ? next with { Rows = next.Rows.SetItem(vote.View, row with { IsNullified = row.IsNullified || guard[vote.View].IsNullified }) } : next;
    }

    private static (ConsensusState, IReadOnlyList<ConsensusOutput>) ForgetsNullified(ConsensusState state, ConsensusInput input) =>
        ConsensusCore.Apply(state.Guard.Rows.Aggregate(state, static (all, row) => all with { Guard = Unlocked(all.Guard, row.Key) }), input);

    private static SignGuard Unlocked(SignGuard guard, ulong view) =>
        guard.Rows.ContainsKey(view) ? guard with { Rows = guard.Rows.SetItem(view, guard[view] with { IsNullified = false }) } : guard;

    private static (ConsensusState, IReadOnlyList<ConsensusOutput>) BelievesProposers(ConsensusState state, ConsensusInput input)
    {
        if (input is not ConsensusInput.Received { Message: ConsensusMessage.Proposed { Proposal.Block.Header: var header } } || header.View != state.View)
        {
            return ConsensusCore.Apply(state, input);
        }

        var leaders = state.Epoch.Leaders;
        for (var seed = 1UL; leaders.LeaderOf(header.View) != header.Proposer; seed++)
        {
            leaders = new LeaderSchedule(state.Epoch.Set, Roles.Names.Content(seed));
        }

        var (next, outputs) = ConsensusCore.Apply(state with { Epoch = state.Epoch with { Leaders = leaders } }, input);
        return (next with { Epoch = state.Epoch }, outputs);
    }

    private static (ConsensusState, IReadOnlyList<ConsensusOutput>) IgnoresGaps(ConsensusState state, ConsensusInput input)
    {
        var header = (state.Proposal ?? (input as ConsensusInput.Received)?.Message switch { ConsensusMessage.Proposed proposed => proposed.Proposal, _ => null })?.Block.Header;
        var made = new List<ulong>();
        for (var view = header?.ParentView + 1 ?? ulong.MaxValue; view < header?.View; view++)
        {
            if (state.CertificatesOf(view) is { Nullification: null } held && view > state.FinalView)
            {
                state = state with { Certificates = state.Certificates.SetItem(view, held with { Nullification = Nullification(state.Epoch, view) }) };
                made.Add(view);
            }
        }

        var (next, outputs) = ConsensusCore.Apply(state, input);
        foreach (var view in made.Where(view => next.Certificates.ContainsKey(view)))
        {
            var held = next.CertificatesOf(view) with { Nullification = null };
            next = next with { Certificates = held.All.Any() ? next.Certificates.SetItem(view, held) : next.Certificates.Remove(view) };
        }

        return (next, outputs);
    }

    private static VerifiedCertificate Nullification(EpochSettings epoch, ulong view) => VerifiedCertificate.Of(
        Enumerable.Range(0, epoch.Set.Members.Length).Select(signer => VerifiedVote.Trust(new Vote(VoteKind.Nullify, epoch.Number, view, default), signer, default)), epoch.Set)!;
}
