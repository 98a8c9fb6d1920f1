using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>Joining, and what has to be done from time to time.</summary>
internal static class Upkeep
{
    private const ulong Patience = 4;

    /// <summary>Begins with the own neighbourhood (Kademlia, section 2.3): those who are asked get to know this peer, and it them.</summary>
    internal static void Join(Step step, ImmutableArray<Contact> through)
    {
        var known = through.Where(peer => peer.Id != step.State.Table.Self && peer.ExpiresAt > step.Now).Take(step.Limits.MaxBootstrap).ToImmutableArray();
        step.State = step.State with { Bootstrap = known.IsEmpty ? step.State.Bootstrap : known };
        LookAround(step, step.Limits.RejoinMilliseconds, step.State.Bootstrap);
    }

    /// <summary>Time has come for something, or somebody says so without need.</summary>
    internal static void Tick(Step step)
    {
        Overdue(step);
        if (step.State.IsLeaving)
        {
            return;
        }

        var periods = step.State.Periods;
        if (periods.NeighboursAt <= step.Now)
        {
            LookAround(step, periods.NeighboursWait * Patience, IsAlone(step) ? step.State.Bootstrap : []);
        }

        if (periods.UpkeepAt <= step.Now)
        {
            Sweep(step);
        }

        if (step.State.Own.DueAt <= step.Now)
        {
            Publications.Start(step);
        }
    }

    /// <summary>
    /// Looks up a random place in each bucket that is due, a few at a time; only buckets outside the own neighbourhood, which has its own
    /// lookups, and none whose range somebody looked into lately.
    /// </summary>
    internal static void Refresh(Step step)
    {
        var running = 0;
        foreach (var lookup in step.State.Lookups.Values)
        {
            running += lookup.Goal is LookupGoal.Refresh ? 1 : 0;
        }

        var edge = NeighbourhoodEdge(step);
        for (var index = 0; index < edge && running < step.Limits.MaxOwnLookups; index++)
        {
            if (step.State.Table.Buckets[index].LookedUpAt + step.Limits.RefreshMilliseconds <= step.Now)
            {
                running++;
                LookupSteps.Start(step, new LookupGoal.Refresh(false), PlaceIn(step, index), null, []);
            }
        }
    }

    // Answers that never came, and lookups that go on without them.
    private static void Overdue(Step step)
    {
        if (step.State.RpcWakeAt > step.Now)
        {
            return;
        }

        foreach (var (number, pending) in step.State.Pending)
        {
            if (pending.Deadline <= step.Now)
            {
                Rpcs.Failed(step, number);
            }
            else if (!pending.IsLate && pending.Purpose is RpcPurpose.Ask ask && pending.SentAt + step.Limits.HurryMilliseconds <= step.Now)
            {
                step.State = step.State with { Pending = step.State.Pending.SetItem(number, pending with { IsLate = true }) };
                LookupSteps.Late(step, ask, pending.Peer);
            }
        }

        var next = ulong.MaxValue;
        foreach (var pending in step.State.Pending.Values)
        {
            var isHurried = pending.Purpose is RpcPurpose.Ask && !pending.IsLate;
            next = Math.Min(next, isHurried ? pending.SentAt + step.Limits.HurryMilliseconds : pending.Deadline);
        }

        step.State = step.State with { RpcWakeAt = next };
    }

    private static void Sweep(Step step)
    {
        step.State = step.State with
        {
            Store = step.State.Store.Swept(step.Now, step.State.Table.Self.Value),
            Periods = step.State.Periods with { UpkeepAt = step.Now + step.Limits.UpkeepMilliseconds },
        };
        Publications.Sweep(step);
        AskFailing(step);
        step.HasFreeLookup = true;
    }

    // Who started together with others sees more of them each time, until it knows as many as an answer names; who is alone goes on knocking.
    private static void LookAround(Step step, ulong wait, ImmutableArray<Contact> through)
    {
        var usual = step.Limits.NeighbourhoodMilliseconds;
        var bounded = IsAlone(step) ? Math.Min(wait, step.Limits.UpkeepMilliseconds)
            : step.State.Table.Count >= step.Limits.BucketSize ? usual
            : Math.Min(wait, usual);
        step.State = step.State with
        {
            Periods = step.State.Periods with { NeighboursAt = step.Now + step.Jittered(bounded), NeighboursWait = bounded },
        };
        LookupSteps.Start(step, new LookupGoal.Refresh(true), step.State.Table.Self.Value, null, through);
    }

    // A peer that did not answer and has no successor is asked again: it may be back.
    private static void AskFailing(Step step)
    {
        foreach (var bucket in step.State.Table.Buckets)
        {
            foreach (var entry in bucket.Entries)
            {
                if (entry.Failures > 0)
                {
                    Rpcs.Probe(step, entry.Peer);
                }
            }
        }
    }

    private static bool IsAlone(Step step)
    {
        foreach (var bucket in step.State.Table.Buckets)
        {
            foreach (var entry in bucket.Entries)
            {
                if (entry.Failures == 0)
                {
                    return false;
                }
            }
        }

        return true;
    }

    // The bucket that holds the k-th nearest peer: those from it on are the neighbourhood.
    private static int NeighbourhoodEdge(Step step)
    {
        var nearer = 0;
        var buckets = step.State.Table.Buckets;
        for (var index = buckets.Length - 1; index >= 0; index--)
        {
            nearer += buckets[index].Entries.Length;
            if (nearer >= step.Limits.BucketSize)
            {
                return index;
            }
        }

        return 0;
    }

    // A random place that shares exactly this many first bits with this peer.
    private static Hash32 PlaceIn(Step step, int sharedBits)
    {
        Span<byte> place = stackalloc byte[Hash32.Size];
        Span<byte> self = stackalloc byte[Hash32.Size];
        step.State.Table.Self.Value.CopyTo(self);
        for (var at = 0; at < Hash32.Size; at += sizeof(ulong))
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(place[at..], step.Draw());
        }

        for (var bit = 0; bit <= sharedBits; bit++)
        {
            var mask = (byte)(0x80 >> (bit % 8));
            var wanted = bit < sharedBits ? self[bit / 8] & mask : ~self[bit / 8] & mask;
            place[bit / 8] = (byte)((place[bit / 8] & ~mask) | wanted);
        }

        return new Hash32(place);
    }
}
