using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Simulation.Consensus;

/// <summary>Validators that are wrong on purpose.</summary>
internal static class ConsensusMutations
{
    /// <summary>A vote is sent before its rows are durable.</summary>
    internal static ConsensusCores VotesBeforePersist { get; } = new() { ConfirmsBeforeDurable = true };

    /// <summary>A quorum needs one validator less.</summary>
    internal static ConsensusCores QuorumOffByOne { get; } = new() { Apply = TakesSmallQuorums };

    /// <summary>Who gave a view up finalizes in it all the same.</summary>
    internal static ConsensusCores MissingLock { get; } = new() { Apply = ForgetsNullified, Guard = SignsWithoutLock };

    /// <summary>A block of anybody is taken for the leader's.</summary>
    internal static ConsensusCores WrongLeader { get; } = new() { Apply = BelievesProposers };

    /// <summary>A block may stand on an older certificate, whatever became of the views between.</summary>
    internal static ConsensusCores StaleCertificate { get; } = new() { Apply = IgnoresGaps };

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
