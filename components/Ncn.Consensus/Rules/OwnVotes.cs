namespace Ncn.Consensus.Rules;

/// <summary>The order law (rule C2): a vote leaves when its guard row is durable, which its signature proves, and every row before it is too.</summary>
internal static class OwnVotes
{
    /// <summary>The guard has signed.</summary>
    internal static void Signed(Step step, VerifiedVote vote)
    {
        var disk = step.State.Durability;
        if (vote.Signer != step.Epoch.Own || !disk.Signing.TryGetValue(vote.Vote, out var after))
        {
            return;
        }

        disk = disk with { Signing = disk.Signing.Remove(vote.Vote) };
        step.State = step.State with { Durability = after <= disk.Confirmed ? disk : disk with { Signed = disk.Signed.Add((after, vote)) } };
        if (after <= disk.Confirmed)
        {
            Cast(step, vote);
        }
    }

    /// <summary>Rows are durable: what waited for them goes on, in its order.</summary>
    internal static void Persisted(Step step, ulong sequence)
    {
        var disk = step.State.Durability;
        var confirmed = Math.Max(disk.Confirmed, Math.Min(sequence, disk.Written));
        var outputs = disk.Held.TakeWhile(held => held.After <= confirmed).ToArray();
        var votes = disk.Signed.Where(held => held.After <= confirmed).ToArray();
        step.State = step.State with
        {
            Durability = disk with { Confirmed = confirmed, Held = disk.Held.RemoveRange(0, outputs.Length), Signed = disk.Signed.RemoveAll(held => held.After <= confirmed) },
        };
        Array.ForEach(outputs, held => step.Output(held.Output));
        Array.ForEach(votes, held => Cast(step, held.Vote));
    }

    // To everybody, ourselves included; a leader's Notarize goes out with its block.
    private static void Cast(Step step, VerifiedVote vote)
    {
        if (vote.Vote.Epoch != step.Epoch.Number || vote.Vote.View <= step.State.FinalView)
        {
            return;
        }

        if (Leading.ProposalOf(step.State, vote) is { } proposal)
        {
            step.State = proposal.Block.View == step.State.View ? step.State with { Proposal = proposal } : step.State;
            step.SendAll(new ConsensusMessage.Proposed(proposal));
        }
        else
        {
            step.SendAll(new ConsensusMessage.Ballot(vote));
        }

        Votes.Count(step, vote, isRelayed: true);
    }
}
