using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>What may have been lost is sent again, and those behind are told (rules V12 and V13).</summary>
internal static class Resending
{
    /// <summary>A peer in a view so far below ours is not merely late.</summary>
    private const ulong Behind = 2;

    /// <summary>V12: F, the certificates that led here, the own votes above F, and all that others said in this view.</summary>
    internal static void Resend(Step step)
    {
        var state = step.State;
        foreach (var certificate in Standing(state))
        {
            step.SendAll(new ConsensusMessage.Certified(certificate));
        }

        foreach (var vote in Own(state))
        {
            step.SendAll(Leading.ProposalOf(state, vote) is { } proposal && proposal.Block.View == state.View
                ? new ConsensusMessage.Proposed(proposal) : new ConsensusMessage.Ballot(vote));
        }

        ImmutableArray<VerifiedVote> others = [.. state.VotesOf(state.View).Votes.Where(vote => vote.Signer != state.Epoch.Own), .. OddVotes.All(state)];
        if (!others.IsEmpty)
        {
            step.SendAll(new ConsensusMessage.Relayed(others));
        }

        EarlierEpochs.Resend(step);
        Checkpointing.Resend(step);
        step.State = state with { Resends = state.Resends + 1, Told = default, Asked = [] }; // what is still missing is asked for again
    }

    /// <summary>V12: whoever votes in a view that is long over gets what brings it here; once in a view and between two resends.</summary>
    internal static void TellIfBehind(Step step, VerifiedVote vote)
    {
        var state = step.State;
        if (vote.Vote.Kind == VoteKind.Finalize || vote.Vote.View >= state.View || state.View - vote.Vote.View < Behind || state.Told.Contains(vote.Signer))
        {
            return;
        }

        step.State = state with { Told = state.Told.With(vote.Signer) };
        foreach (var certificate in Standing(state))
        {
            step.Output(new ConsensusOutput.Send(vote.Signer, new ConsensusMessage.Certified(certificate)));
        }
    }

    private static IEnumerable<VerifiedCertificate> Standing(ConsensusState state)
    {
        var entry = state.View - 1 > state.FinalView ? state.CertificatesOf(state.View - 1).All : [];
        return state.Final is { } final ? entry.Prepend(final) : entry;
    }

    private static IEnumerable<VerifiedVote> Own(ConsensusState state) =>
        from view in state.Votes.Keys
        where view > state.FinalView
        from vote in state.VotesOf(view).Votes
        where vote.Signer == state.Epoch.Own
        select vote;
}
