using System.Collections.Immutable;

namespace Ncn.Consensus.Rules;

/// <summary>Votes of epochs that are over: they decide nothing any more, and exclude each other all the same (rule E0).</summary>
internal static class EarlierEpochs
{
    /// <summary>The epoch is left: what nothing explains is passed on, and all that was said is kept for a while.</summary>
    internal static ImmutableSortedDictionary<ulong, EarlierEpoch> Leave(Step step)
    {
        var left = EarlierEpoch.Of(step.State);
        OddVotes.Send(step, [.. left.Odd()]);
        var all = step.State.Earlier.SetItem(left.Number, left);
        return all.RemoveRange(all.Keys.Take(all.Count - step.Limits.PastEpochs));
    }

    /// <summary>Somebody's vote of an epoch that is over; of one that is not kept any more it is dropped.</summary>
    /// <param name="isRelayed">It did not come from its signer.</param>
    internal static void Take(Step step, VerifiedVote vote, bool isRelayed)
    {
        var (all, view) = (step.State.Earlier, vote.Vote.View);
        if (!all.TryGetValue(vote.Vote.Epoch, out var epoch) || !epoch.IsTaken(vote, step.Limits))
        {
            return;
        }

        var votes = epoch.VotesOf(view);
        var more = votes.With(vote, out var isNew);
        if (!isNew)
        {
            return;
        }

        var isNewlyAccused = votes.ConflictOf(vote) is not null && !epoch.Accused.Contains(vote.Signer);
        step.State = step.State with
        {
            Earlier = all.SetItem(epoch.Number, epoch with { Votes = epoch.Votes.SetItem(view, more), Accused = isNewlyAccused ? epoch.Accused.With(vote.Signer) : epoch.Accused }),
        };
        if (isNewlyAccused)
        {
            step.Output(new ConsensusOutput.Accuse(Evidence.Of(votes.ConflictOf(vote)!, vote), epoch.Set.Members[vote.Signer].Key));
        }

        if (!isRelayed && epoch.IsOdd(vote.Vote))
        {
            OddVotes.Send(step, [vote]);
        }
    }

    /// <summary>V12: what was passed on may have been lost; it is sent again while the next epoch is as young as the votes that are kept are old.</summary>
    internal static void Resend(Step step)
    {
        foreach (var epoch in step.State.View <= step.Limits.PastViews ? step.State.Earlier.Values : [])
        {
            OddVotes.Send(step, [.. epoch.Odd()]);
        }
    }
}
