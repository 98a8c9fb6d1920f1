using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>How peers come into the table and leave it (Kademlia, section 2.2).</summary>
internal static class TableSteps
{
    /// <summary>
    /// A peer answered: (1) a known one moves to its bucket's end; (2) a new one enters while there is room and its operator and address
    /// block are within their shares; (3) else it is kept in reserve, and (4) the oldest entry is asked for a sign of life when it was
    /// long silent. An entry that answers stays: long-lived peers are the likeliest to live on, and newcomers cannot push them out.
    /// </summary>
    internal static void Answered(Step step, Contact peer)
    {
        step.HeardOf();
        var table = step.State.Table;
        if (peer.Id == table.Self || peer.ExpiresAt <= step.Now)
        {
            return;
        }

        var index = table.IndexOf(peer.Id.Value);
        var bucket = table.BucketAt(index);
        var at = bucket.IndexOf(peer.Id);
        if (at >= 0)
        {
            SeenAgain(step, table, index, bucket, at, peer);
        }
        else if (HasUse(step, bucket) && table.IsWithinShare(bucket, peer, step.Limits))
        {
            Enter(step, table, index, bucket, peer);
        }
    }

    /// <summary>A peer did not answer: with a reserve it is out, without one only after several failures, and never while nobody answers.</summary>
    internal static void Failed(Step step, Contact peer)
    {
        var table = step.State.Table;
        var index = table.IndexOf(peer.Id.Value);
        var bucket = table.BucketAt(index);
        var at = bucket.IndexOf(peer.Id);
        if (at < 0)
        {
            DropSpare(step, table, index, bucket, peer.Id);
            return;
        }

        var entry = bucket.Entries[at];
        if (entry.Peer.Url != peer.Url)
        {
            // Somebody named the peer at a place where it is not: no fault of the peer.
            return;
        }

        var isOwnOutage = step.State.HeardAt + step.Limits.OutageMilliseconds < step.Now;
        var failures = isOwnOutage ? Math.Max(entry.Failures, 1) : Math.Min(entry.Failures + 1, step.Limits.MaxFailures);
        var isOut = !isOwnOutage && (bucket.Spares.Length > 0 || failures >= step.Limits.MaxFailures);
        step.SetBucket(index, isOut
            ? WithoutEntry(bucket, at)
            : bucket with { Entries = bucket.Entries.SetItem(at, entry with { Failures = failures }) });
    }

    /// <summary>A peer said that it goes.</summary>
    internal static void Remove(Step step, PeerId peer)
    {
        var table = step.State.Table;
        var index = table.IndexOf(peer.Value);
        var bucket = table.BucketAt(index);
        var at = bucket.IndexOf(peer);
        if (at >= 0)
        {
            step.SetBucket(index, WithoutEntry(bucket, at));
        }
        else
        {
            DropSpare(step, table, index, bucket, peer);
        }
    }

    // A full bucket with a full, fresh reserve and a fresh oldest entry gains nothing by a newcomer.
    private static bool HasUse(Step step, Bucket bucket)
    {
        var fresh = step.Now - Math.Min(step.Now, step.Limits.FreshMilliseconds);
        return bucket.Entries.Length < step.Limits.BucketSize || bucket.Spares.Length < step.Limits.SpareSize
            || bucket.Spares[0].SeenAt <= fresh || (bucket.Entries[0].SeenAt <= fresh && !bucket.IsChecking) || FirstFailing(bucket) >= 0;
    }

    private static void SeenAgain(Step step, RoutingTable table, int index, Bucket bucket, int at, Contact peer)
    {
        var known = bucket.Entries[at].Peer;
        var newest = peer.Record.Message.Sequence >= known.Record.Message.Sequence ? peer : known.At(peer.Block);
        // A peer that moves to another operator or address counts against the shares there, as a newcomer would.
        var isMoved = newest.Operator != known.Operator || newest.Block != known.Block;
        step.SetBucket(index, isMoved && !table.IsWithinShare(bucket, newest, step.Limits)
            ? WithoutEntry(bucket, at)
            : bucket.Seen(at, newest, step.Now));
    }

    private static void Enter(Step step, RoutingTable table, int index, Bucket bucket, Contact peer)
    {
        var entry = new TableEntry(peer, step.Now, 0);
        var spares = WithoutSpare(bucket, peer.Id);
        if (bucket.Entries.Length < step.Limits.BucketSize)
        {
            step.SetBucket(index, bucket with { Entries = bucket.Entries.Add(entry), Spares = spares });
            Publications.Welcome(step, peer);
            return;
        }

        var failing = FirstFailing(bucket);
        if (failing >= 0)
        {
            // Its place was free as soon as somebody could take it.
            step.SetBucket(index, bucket with { Entries = bucket.Entries.RemoveAt(failing).Add(entry), Spares = spares });
            Publications.Welcome(step, peer);
            return;
        }

        var oldest = bucket.Entries[0];
        if (spares.Length >= step.Limits.SpareSize)
        {
            spares = spares.RemoveAt(0);
        }

        var isCheckDue = !bucket.IsChecking && oldest.SeenAt + step.Limits.FreshMilliseconds <= step.Now;
        step.SetBucket(index, bucket with { Spares = spares.Add(entry), IsChecking = bucket.IsChecking || isCheckDue });
        if (isCheckDue)
        {
            step.Send(oldest.Peer, DiscoveryRequest.Ping.Instance, new RpcPurpose.Check(index));
        }
    }

    private static int FirstFailing(Bucket bucket)
    {
        for (var i = 0; i < bucket.Entries.Length; i++)
        {
            if (bucket.Entries[i].Failures > 0)
            {
                return i;
            }
        }

        return -1;
    }

    private static Bucket WithoutEntry(Bucket bucket, int at)
    {
        var rest = bucket.Entries.RemoveAt(at);
        if (bucket.Spares.Length == 0)
        {
            return bucket with { Entries = rest };
        }

        // The newest reserve takes the place; by its age it goes before those that were heard of since.
        var spare = bucket.Spares[^1];
        var place = 0;
        while (place < rest.Length && rest[place].SeenAt <= spare.SeenAt)
        {
            place++;
        }

        return bucket with { Entries = rest.Insert(place, spare), Spares = bucket.Spares.RemoveAt(bucket.Spares.Length - 1) };
    }

    private static void DropSpare(Step step, RoutingTable table, int index, Bucket bucket, PeerId peer)
    {
        if (index < table.Buckets.Length && bucket.SpareIndexOf(peer) >= 0)
        {
            step.SetBucket(index, bucket with { Spares = WithoutSpare(bucket, peer) });
        }
    }

    private static ImmutableArray<TableEntry> WithoutSpare(Bucket bucket, PeerId peer)
    {
        var at = bucket.SpareIndexOf(peer);
        return at < 0 ? bucket.Spares : bucket.Spares.RemoveAt(at);
    }
}
