using System.Collections.Immutable;

namespace Ncn.Discovery;

/// <summary>How a path's list of candidates grows.</summary>
internal static class Shortlist
{
    private const int PerBucketSize = 3;

    /// <summary>
    /// Merges what an answer named: nearest first; of each operator no more than its share of those that have not failed, so that ground
    /// ids of one party cannot crowd the others out; the newest record of a peer counts.
    /// </summary>
    internal static ImmutableArray<Candidate> Merge(Lookup lookup, LookupPath path, IReadOnlyList<Candidate> named, DiscoveryLimits limits)
    {
        var all = new List<Candidate>(path.Shortlist.Length + named.Count);
        all.AddRange(path.Shortlist);
        foreach (var candidate in named)
        {
            Put(all, candidate);
        }

        all.Sort(static (left, right) => left.Distance.CompareTo(right.Distance));
        var merged = ImmutableArray.CreateBuilder<Candidate>(Math.Min(all.Count, PerBucketSize * limits.BucketSize));
        var shares = new Shares(limits);
        foreach (var candidate in all)
        {
            var phase = PhaseOf(lookup, candidate);
            if (merged.Count < PerBucketSize * limits.BucketSize && (phase is AskPhase.Failed or AskPhase.Late || shares.Take(candidate.Peer)))
            {
                merged.Add(candidate);
            }
        }

        return merged.Count == merged.Capacity ? merged.MoveToImmutable() : merged.ToImmutable();
    }

    internal static AskPhase? PhaseOf(Lookup lookup, Candidate candidate) =>
        lookup.Asked.TryGetValue(candidate.Key, out var asked) ? asked.Phase : null;

    private static void Put(List<Candidate> all, Candidate candidate)
    {
        for (var i = 0; i < all.Count; i++)
        {
            var other = all[i];
            if (other.Distance == candidate.Distance && other.Peer.Operator == candidate.Peer.Operator)
            {
                if (candidate.Peer.Record.Message.Sequence > other.Peer.Record.Message.Sequence)
                {
                    all[i] = other with { Peer = candidate.Peer };
                }

                return;
            }
        }

        all.Add(candidate);
    }
}

/// <summary>Counts each operator's and each address block's part of a set of peers.</summary>
internal sealed class Shares(DiscoveryLimits limits)
{
    private readonly List<Contact> _taken = [];

    /// <summary>Whether one more of its operator and of its address block is within the shares; it is counted then.</summary>
    internal bool Take(Contact peer)
    {
        int ofOperator = 0, ofBlock = 0;
        foreach (var other in _taken)
        {
            ofOperator += other.Operator == peer.Operator ? 1 : 0;
            ofBlock += !peer.Block.IsExempt && other.Block == peer.Block ? 1 : 0;
        }

        if (ofOperator >= limits.OperatorPerBucket || ofBlock >= limits.BlockPerBucket)
        {
            return false;
        }

        _taken.Add(peer);
        return true;
    }
}
