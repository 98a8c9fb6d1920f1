using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>The own turn (rule V2).</summary>
internal static class Leading
{
    /// <summary>V2: begins a block when it is our turn, nothing was signed in the view, and the parent is known and executed.</summary>
    internal static void Propose(Step step)
    {
        var state = step.State;
        if (!IsOwnTurn(state) || state.Turn.IsAsked || !(state.HasWork || state.Turn.HasWaited)
            || Justifications.ParentFor(state, state.View) is not { } place || !state.Tree.IsExecuted(place.Hash))
        {
            return;
        }

        var parent = state.Tree.Find(place.Hash)!;
        var (kind, height) = state.Epoch.ChildOf(parent);
        step.State = state with { Turn = state.Turn with { IsAsked = true, Parent = parent } };
        if (kind == BlockKind.Tail)
        {
            Form(step, parent, new BlockContent([], parent.Roots, parent.Context with { Reveal = default }));
        }
        else
        {
            step.OutputOnLedger(parent.Hash, new ConsensusOutput.Build(state.View, parent, kind, height));
        }
    }

    /// <summary>The content is made.</summary>
    internal static void Built(Step step, ulong view, BlockContent content)
    {
        if (view == step.State.View && step.State.Turn.Parent is { } parent && IsOwnTurn(step.State))
        {
            Form(step, parent, content);
        }
    }

    /// <summary>The own block that this vote notarizes, to be sent with it; null when it is somebody else's.</summary>
    internal static Proposal? ProposalOf(ConsensusState state, VerifiedVote vote) =>
        vote.Vote.Kind == VoteKind.Notarize && state.Tree[vote.Vote.BlockHash] is { Block: var block } && block.Header.Proposer == state.Epoch.Own
            ? Proposal.Of(block, vote, Justifications.Of(state, block.Header))
            : null;

    private static bool IsOwnTurn(ConsensusState state) =>
        state.IsVoting && state.Epoch.Own == state.Epoch.Leaders.LeaderOf(state.View)
        && state.Guard[state.View] is { Notarized: null, IsNullified: false };

    private static void Form(Step step, Ancestor parent, BlockContent content)
    {
        var (kind, height) = step.Epoch.ChildOf(parent);
        var header = new BlockHeader(
            step.Epoch.Network, step.Epoch.Number, step.State.View, parent.View, parent.Hash, height, kind, step.Epoch.Own!.Value,
            Block.BodyRoot(content.Operations), content.Roots, content.Context);
        var block = Block.Of(header, content.Operations)!;
        Blocks.Keep(step, block);
        Blocks.Persist(step, block.Hash);
        step.TrySign(new Vote(VoteKind.Notarize, step.Epoch.Number, header.View, block.Hash));
    }
}
