using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>How a path's list of candidates grows.</summary>
internal static class Shortlist
{
    private const int PerBucketSize = 3;

    /// <summary>
    /// Merges what an answer named: nearest first; of each operator no more than its share of those that have not failed, so that ground
    /// ids of one party cannot crowd the others out.
    /// </summary>
    internal static ImmutableArray<Candidate> Merge(Lookup lookup, LookupPath path, List<Candidate> named, DiscoveryLimits limits)
    {
        named.Sort(static (left, right) => left.Distance.CompareTo(right.Distance));
        var most = PerBucketSize * limits.BucketSize;
        var merged = ImmutableArray.CreateBuilder<Candidate>(Math.Min(path.Shortlist.Length + named.Count, most));
        var shares = new Shares(limits);
        int known = 0, next = 0;
        while (merged.Count < most && (known < path.Shortlist.Length || next < named.Count))
        {
            var isKnown = next == named.Count
                || (known < path.Shortlist.Length && path.Shortlist[known].Distance <= named[next].Distance);
            var candidate = isKnown ? path.Shortlist[known++] : named[next++];
            if (IsThere(merged, candidate))
            {
                continue;
            }

            var asked = lookup.Asked.GetValueOrDefault(candidate.Key);
            if (asked?.Phase is AskPhase.Failed or AskPhase.Late || shares.Take(asked?.Peer ?? candidate.Peer))
            {
                merged.Add(candidate);
            }
        }

        return merged.Count == merged.Capacity ? merged.MoveToImmutable() : merged.ToImmutable();
    }

    /// <summary>Whether a candidate at this distance, vouched for by this operator, is in a list; the list is sorted by distance.</summary>
    internal static bool Has(ImmutableArray<Candidate> shortlist, Hash32 distance, Address operatorAddress)
    {
        int low = 0, high = shortlist.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = shortlist[middle].Distance < distance ? (middle + 1, high) : (low, middle);
        }

        for (; low < shortlist.Length && shortlist[low].Distance == distance; low++)
        {
            if (shortlist[low].Peer.Operator == operatorAddress)
            {
                return true;
            }
        }

        return false;
    }

    internal static AskPhase? PhaseOf(Lookup lookup, Candidate candidate) =>
        lookup.Asked.TryGetValue(candidate.Key, out var asked) ? asked.Phase : null;

    // The same place has the same distance, so the same peer comes right behind itself. The record that came first stays: a newer one
    // of the same peer comes with the peer's own answer.
    private static bool IsThere(ImmutableArray<Candidate>.Builder merged, Candidate candidate)
    {
        for (var i = merged.Count - 1; i >= 0 && merged[i].Distance == candidate.Distance; i--)
        {
            if (merged[i].Peer.Operator == candidate.Peer.Operator)
            {
                return true;
            }
        }

        return false;
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
