using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>Votes are counted, kept within bounds (section 2.8), and held against each other.</summary>
internal static class Votes
{
    /// <summary>Somebody's vote comes in.</summary>
    /// <param name="isRelayed">It did not come from its signer.</param>
    internal static void Take(Step step, VerifiedVote vote, bool isRelayed)
    {
        if (vote.Vote.Epoch != step.Epoch.Number)
        {
            EarlierEpochs.Take(step, vote, isRelayed);
            return;
        }

        if (vote.Signer >= step.Epoch.Set.Members.Length)
        {
            return;
        }

        if (vote.Signer == step.Epoch.Own)
        {
            CheckOwn(step, vote.Vote);
            return;
        }

        if (!isRelayed)
        {
            Resending.TellIfBehind(step, vote);
        }

        Count(step, vote, isRelayed);
    }

    /// <summary>Keeps the vote and lets the rules fire that wait for it.</summary>
    internal static void Count(Step step, VerifiedVote vote, bool isRelayed)
    {
        if (!Keep(step, vote))
        {
            return;
        }

        if (vote.Vote.View <= step.State.FinalView)
        {
            OddVotes.Late(step, vote, isRelayed);
            return;
        }

        Certificates.Form(step, vote.Vote);
        Timers.NullifyWithOthers(step);
    }

    /// <summary>Keeps the vote, if there is room for it; a conflict becomes evidence. False when it was there already.</summary>
    internal static bool Keep(Step step, VerifiedVote vote)
    {
        var (state, view) = (step.State, vote.Vote.View);
        var votes = state.VotesOf(view);
        var more = votes.With(vote, out var isNew);
        if (!isNew || !state.Limits.IsInReach(view, state.View, state.FinalView))
        {
            return false;
        }

        step.State = state with { Votes = state.Votes.SetItem(view, more) };
        if (votes.ConflictOf(vote) is { } other)
        {
            Accuse(step, Evidence.Of(other, vote));
        }

        return true;
    }

    /// <summary>E1 to E5: once for each signer and epoch, as the contract takes it.</summary>
    internal static void Accuse(Step step, Evidence evidence)
    {
        if (!step.State.Accused.Contains(evidence.Signer))
        {
            step.State = step.State with { Accused = step.State.Accused.With(evidence.Signer) };
            step.Output(new ConsensusOutput.Accuse(evidence, step.Epoch.Set.Members[evidence.Signer].Key));
        }
    }

    /// <summary>Rule C3: a vote of the own key that the guard does not know was signed with a copy of the key, or the guard has lost rows.</summary>
    internal static void CheckOwn(Step step, Vote vote)
    {
        if (vote.View > step.State.Guard.Floor && !step.State.Guard.Has(vote))
        {
            step.Halt($"a {vote.Kind} of view {vote.View} by the own key is not in the guard; take a new key (rule C4)");
        }
    }
}
