using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Mutations;

namespace Ncn.Simulation.Consensus;

/// <summary>Validators that are wrong on purpose.</summary>
internal static class ConsensusMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        Of("consensus-votes-before-persist", "a vote is sent before its rows are durable", new ConsensusCores { ConfirmsBeforeDurable = true }, ConsensusInvariants.VoteAfterRows, ConsensusInvariants.EpochAfterProof),
        Of("consensus-quorum-off-by-one", "a quorum needs one validator less", new ConsensusCores { Apply = FalseQuorums.OneLess }, ConsensusInvariants.NobodyHalts, ConsensusInvariants.OneFinalBlock, ConsensusInvariants.HonestNotAccused, ConsensusInvariants.VotesAgree, ConsensusInvariants.CheckpointIsFinal),
        Of("consensus-two-thirds", "two thirds to the unit are a quorum", new ConsensusCores { Apply = FalseQuorums.TwoThirds, Share = Share.ExactlyThird }, ConsensusInvariants.NobodyHalts, ConsensusInvariants.OneFinalBlock) with { First = 52 },
        Of("consensus-counts-heads", "heads are counted, not stake", new ConsensusCores { Apply = FalseQuorums.Heads, Share = Share.Crowd }, ConsensusInvariants.NobodyHalts, ConsensusInvariants.OneFinalBlock) with { First = 21 },
        Of(
            "consensus-missing-lock", "who gave a view up finalizes in it all the same", new ConsensusCores { Apply = ForgetsNullified, Guard = SignsWithoutLock },
            ConsensusInvariants.VotesAgree, ConsensusInvariants.HonestNotAccused, ConsensusInvariants.NobodyHalts, ConsensusInvariants.VoteAfterRows),
        Of("consensus-forgets-guard", "the signing guard is a memory", new ConsensusCores { ForgetsGuard = true }, ConsensusInvariants.VotesAgree, ConsensusInvariants.HonestNotAccused, ConsensusInvariants.NobodyHalts, ConsensusInvariants.NothingFalls),
        Of("consensus-wrong-leader", "a block of anybody is taken for the leader's", new ConsensusCores { Apply = BelievesProposers }, ConsensusInvariants.BlockOfLeader) with { First = 20 },
        Of("consensus-stale-certificate", "a block may stand on an older certificate than the last one", new ConsensusCores { Apply = IgnoresGaps }, ConsensusInvariants.SkipsNullified) with { First = 10 },
        Of("consensus-prunes-early", "a block is forgotten as soon as it is certified", new ConsensusCores { PrunesEarly = true }, ConsensusInvariants.NotarizedIsHeld, ConsensusInvariants.VoteAfterRows),
        Of("consensus-forgets-ends", "how an epoch ended is not written", new ConsensusCores { Writes = static row => row is not DurableRow.OfEpoch }, ConsensusInvariants.EpochAfterProof),
        Of("consensus-believes-history", "any proof of an epoch's end is believed", new ConsensusCores { BelievesHistory = true, Strategy = Strategy.RewritingHistory }, ConsensusInvariants.OneFinalBlock, ConsensusInvariants.NobodyHalts) with { First = 17 },
        Of("consensus-mixes-epochs", "votes of an earlier epoch count in this one", new ConsensusCores { Apply = Wrong.MixesEpochs }, ConsensusInvariants.HonestNotAccused, ConsensusInvariants.NobodyHalts, ConsensusInvariants.BlockOfLeader),
        Of("consensus-blames-the-legal", "to notarize and to give up is held for an offence", new ConsensusCores { Apply = Wrong.BlamesTheLegal }, ConsensusInvariants.EvidenceCounts),
        Of("consensus-blames-nobody", "nobody is accused", new ConsensusCores { Apply = static (state, input) => Wrong.Without<ConsensusOutput.Accuse>(state, input) }, ConsensusInvariants.EquivocationFound) with { First = 32 },
        Of("consensus-forgets-epochs", "what was said in an epoch that is over is forgotten", new ConsensusCores { Apply = Wrong.ForgetsEpochs, Strategy = Strategy.DividingEnds }, ConsensusInvariants.EquivocationFound) with { First = 14 },
        Of("consensus-delivers-twice", "a final block is handed out twice", new ConsensusCores { Apply = Wrong.DeliversTwice }, ConsensusInvariants.HeightsContiguous),
        Of("consensus-tells-early", "clients are told of a block when it is notarized", new ConsensusCores { Apply = Wrong.TellsEarly }, ConsensusInvariants.OneFinalBlock),
        Of("consensus-lowers-floor", "the guard's floor falls with every view", new ConsensusCores { Apply = Wrong.LowersFloor }, ConsensusInvariants.NothingFalls),
        Of("consensus-keeps-votes", "votes are never forgotten", new ConsensusCores { Apply = Wrong.KeepsVotes }, ConsensusInvariants.MemoryBounded),
        Of("consensus-false-checkpoint", "a checkpoint names another block", new ConsensusCores { Apply = Wrong.FalseCheckpoint }, ConsensusInvariants.CheckpointIsFinal),
        Of("consensus-never-again", "what may be lost is not sent again", new ConsensusCores { Apply = Wrong.NeverAgain }, Invariant.BegunEnds, ConsensusInvariants.EquivocationFound),
    ];

    private static Mutation Of(string name, string words, ConsensusCores consensus, params ImmutableArray<string> breaks) => new(name, words, new Cores { Consensus = consensus with { IsAlone = true } }, breaks);

    private static SignGuard? SignsWithoutLock(SignGuard guard, Vote vote)
    {
        guard = vote.Epoch >= guard.Epoch ? guard.ForEpoch(vote.Epoch) : guard;
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
