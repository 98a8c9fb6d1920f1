namespace Ncn.Consensus.Rules;

/// <summary>A leader's block is judged and notarized (rules V3, V4, V10).</summary>
internal static class Proposals
{
    internal static void Take(Step step, Proposal proposal)
    {
        var (block, header) = (proposal.Block, proposal.Block.Header);
        if (step.State.View == 0)
        {
            return;
        }

        if (header.Epoch != step.Epoch.Number || header.Network != step.Epoch.Network)
        {
            Votes.Take(step, proposal.LeaderVote, isRelayed: false); // it is a vote all the same, and may exclude another
            return;
        }

        foreach (var certificate in proposal.Justification)
        {
            Certificates.Take(step, certificate); // V4: brings this node into the proposal's view
        }

        var isFirst = step.State.Proposal is null && header.View == step.State.View && header.Proposer == step.Epoch.Leaders.LeaderOf(header.View);
        if (isFirst)
        {
            step.State = step.State with { Proposal = proposal };
            Blocks.Keep(step, block);
        }

        Votes.Take(step, proposal.LeaderVote, isRelayed: false); // a second proposal is found here: E1
        CatchUp.KeepIfWanted(step, block); // V10
    }

    /// <summary>V3: votes for the view's proposal as soon as all is known; gives the view up when it can never be voted for.</summary>
    internal static void Judge(Step step)
    {
        var state = step.State;
        if (state.Proposal is not { } proposal || !state.IsVoting || !state.Guard.Allows(proposal.LeaderVote.Vote))
        {
            return;
        }

        switch (Judge(state, proposal.Block))
        {
            case Verdict.Good:
                Blocks.Persist(step, proposal.Block.Hash); // A1: before the vote
                step.TrySign(proposal.LeaderVote.Vote);
                break;
            case Verdict.Bad:
                Timers.Nullify(step); // V8
                break;
            default:
                break;
        }
    }

    private static Verdict Judge(ConsensusState state, Block block)
    {
        var justified = Justifications.Judge(state, block.Header);
        return (justified, state.Tree[block.Hash]?.Execution) switch
        {
            (Verdict.Bad, _) or (_, Execution.Invalid) => Verdict.Bad,
            (Verdict.Good, Execution.Valid) => Verdict.Good,
            _ => Verdict.Open,
        };
    }
}
