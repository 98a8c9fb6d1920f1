using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>Kademlia's table: a bucket for each count of leading bits that a peer shares with this one. Every peer in it has answered.</summary>
/// <param name="Self">This peer.</param>
/// <param name="Buckets">By shared bits; as many as are needed.</param>
public sealed record RoutingTable(PeerId Self, ImmutableArray<Bucket> Buckets)
{
    /// <summary>How many peers are in it, reserves not counted.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var bucket in Buckets)
            {
                count += bucket.Entries.Length;
            }

            return count;
        }
    }

    /// <summary>All peers, reserves included, the likeliest to be alive first: what a shell remembers over a restart.</summary>
    public IEnumerable<Contact> Peers => Buckets
        .SelectMany(static bucket => bucket.Entries.Concat(bucket.Spares))
        .OrderBy(static entry => entry.Failures).ThenByDescending(static entry => entry.SeenAt).ThenBy(static entry => entry.Peer.Id.Value)
        .Select(static entry => entry.Peer);

    internal static RoutingTable Of(PeerId self) => new(self, []);

    internal int IndexOf(Hash32 place) => Math.Min((place ^ Self.Value).LeadingZeros, 255);

    internal Bucket BucketAt(int index) => index < Buckets.Length ? Buckets[index] : Bucket.Empty;

    internal RoutingTable With(int index, Bucket bucket)
    {
        if (index < Buckets.Length)
        {
            return this with { Buckets = Buckets.SetItem(index, bucket) };
        }

        var grown = ImmutableArray.CreateBuilder<Bucket>(index + 1);
        grown.AddRange(Buckets);
        while (grown.Count < index)
        {
            grown.Add(Bucket.Empty);
        }

        grown.Add(bucket);
        return this with { Buckets = grown.MoveToImmutable() };
    }

    /// <summary>The entry of a peer; null when it is not in the table.</summary>
    internal TableEntry? Find(PeerId peer)
    {
        var bucket = BucketAt(IndexOf(peer.Value));
        var at = bucket.IndexOf(peer);
        return at < 0 ? null : bucket.Entries[at];
    }

    /// <summary>Whether a newcomer could become an entry or a reserve, so that it is worth a question.</summary>
    internal bool HasUseFor(Contact peer, DiscoveryLimits limits)
    {
        var bucket = BucketAt(IndexOf(peer.Id.Value));
        return peer.Id != Self && (bucket.Entries.Length < limits.BucketSize || bucket.Spares.Length < limits.SpareSize)
            && bucket.SpareIndexOf(peer.Id) < 0 && bucket.CountOperator(peer.Operator, peer.Id) < limits.OperatorPerBucket;
    }

    /// <summary>Whether the limits for one operator and one address block leave room for a peer.</summary>
    internal bool IsWithinShare(Bucket bucket, Contact peer, DiscoveryLimits limits)
    {
        if (bucket.CountOperator(peer.Operator, peer.Id) >= limits.OperatorPerBucket
            || (!peer.Block.IsExempt && bucket.CountBlock(peer.Block, peer.Id) >= limits.BlockPerBucket))
        {
            return false;
        }

        int ofOperator = 0, ofBlock = 0;
        foreach (var other in Buckets)
        {
            ofOperator += other.CountOperator(peer.Operator, peer.Id);
            ofBlock += peer.Block.IsExempt ? 0 : other.CountBlock(peer.Block, peer.Id);
        }

        return ofOperator < limits.OperatorPerTable && ofBlock < limits.BlockPerTable;
    }

    /// <summary>The nearest peers to a place that are known to be alive, nearest first.</summary>
    /// <remarks>
    /// Bucket by bucket in the order of their distance from the place: that of the place itself, all with more shared bits (their
    /// distance differs first at this very bit), then those with fewer, one by one.
    /// </remarks>
    internal List<Contact> Nearest(Hash32 place, int count, ulong now, PeerId except)
    {
        var nearest = new List<Contact>(count + 8);
        var own = IndexOf(place);
        Take(nearest, own, own + 1, place, count, now, except);
        Take(nearest, own + 1, Buckets.Length, place, count, now, except);
        for (var index = Math.Min(own, Buckets.Length) - 1; index >= 0 && nearest.Count < count; index--)
        {
            Take(nearest, index, index + 1, place, count, now, except);
        }

        return nearest;
    }

    private void Take(List<Contact> nearest, int from, int to, Hash32 place, int count, ulong now, PeerId except)
    {
        if (nearest.Count >= count)
        {
            return;
        }

        var start = nearest.Count;
        for (var index = from; index < to && index < Buckets.Length; index++)
        {
            foreach (var entry in Buckets[index].Entries)
            {
                if (entry.Failures == 0 && entry.Peer.ExpiresAt > now && entry.Peer.Id != except)
                {
                    nearest.Add(entry.Peer);
                }
            }
        }

        nearest.Sort(start, nearest.Count - start, new ByDistance(place));
        if (nearest.Count > count)
        {
            nearest.RemoveRange(count, nearest.Count - count);
        }
    }
}

/// <summary>Nearest to a place first (Kademlia's exclusive-or distance).</summary>
internal sealed class ByDistance(Hash32 place) : IComparer<Contact>
{
    public int Compare(Contact? x, Contact? y) => (x!.Id.Value ^ place).CompareTo(y!.Id.Value ^ place);
}
