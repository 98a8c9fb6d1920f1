using System.Collections.Immutable;
using Ncn.Discovery;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Invariants;

/// <summary>The remarks of <see cref="DiscoveryCore"/>, for each peer.</summary>
internal sealed class DiscoveryInvariants
{
    // Every peer in turn silent, on both paths, page after page: far less than the requests of a lookup allow, far more than one needs.
    private const ulong LongestLookup = 60_000;
    private static readonly DiscoveryLimits Limits = Bounds.Discovery;
    private readonly Dictionary<string, Shadow> _peers = new(StringComparer.Ordinal);

    /// <summary>The peer has lost its memory.</summary>
    internal void Forget(string peer) => _peers[peer] = new Shadow();

    internal void Check(string peer, DiscoveryState before, DiscoveryInput input, DiscoveryState after, IReadOnlyList<DiscoveryOutput> outputs)
    {
        var shadow = _peers[peer];
        if (input is DiscoveryInput.Answered { Peer: var answerer } answered && before.Pending.ContainsKey(answered.RpcId))
        {
            shadow.Answered.Add(answerer.Id);
        }

        if (input is DiscoveryInput.FindAdverts find)
        {
            shadow.Lookups.Add(find.LookupId, (find.Key, input.Now));
        }

        if (!ReferenceEquals(before.Table, after.Table))
        {
            CheckTable(peer, shadow, before.Table, input, after.Table);
        }

        if (!ReferenceEquals(before.Store, after.Store))
        {
            CheckStore(peer, before.Store, after.Store, input.Now);
        }

        if (shadow.Lookups.Count > 0 && shadow.Lookups.Values.Min(static lookup => lookup.Since) + LongestLookup < input.Now)
        {
            throw new ViolationException(Invariant.LookupEndsInTime, $"{peer}: {shadow.Lookups.Count} lookups");
        }

        if (input is DiscoveryInput.Tick && after.Pending.Values.Any(pending => pending.Deadline <= input.Now))
        {
            throw new ViolationException(Invariant.RequestEndsByDeadline, $"{peer} waits for {after.Pending.Count} answers");
        }

        foreach (var output in outputs)
        {
            CheckOutput(peer, shadow, input, output);
        }
    }

    private static void CheckTable(string peer, Shadow shadow, RoutingTable before, DiscoveryInput input, RoutingTable after)
    {
        for (var index = 0; index < after.Buckets.Length; index++)
        {
            var old = index < before.Buckets.Length ? before.Buckets[index] : null;
            if (!ReferenceEquals(old, after.Buckets[index]))
            {
                CheckBucket(peer, shadow, after.Self, index, after.Buckets[index]);
                CheckStays(peer, old, input, after.Buckets[index]);
            }
        }

        CheckShares(peer, after.Buckets.SelectMany(static bucket => bucket.Entries.Concat(bucket.Spares)), Limits.OperatorPerTable, Limits.BlockPerTable);
    }

    private static void CheckBucket(string peer, Shadow shadow, PeerId self, int index, Bucket bucket)
    {
        if (bucket.Entries.Length > Limits.BucketSize || bucket.Spares.Length > Limits.SpareSize)
        {
            throw new ViolationException(Invariant.BucketKeepsBounds, $"{peer}: {bucket.Entries.Length} peers and {bucket.Spares.Length} in reserve");
        }

        foreach (var entry in bucket.Entries.Concat(bucket.Spares))
        {
            if (Math.Min((entry.Peer.Id.Value ^ self.Value).LeadingZeros, 255) != index || entry.Peer.Id == self)
            {
                throw new ViolationException(Invariant.PeerInItsBucket, $"{peer}: {entry.Peer.Url} is in bucket {index}");
            }

            if (!shadow.Answered.Contains(entry.Peer.Id))
            {
                throw new ViolationException(Invariant.TableHasAnswered, $"{peer}: {entry.Peer.Url} has not");
            }
        }

        if (bucket.Entries.Concat(bucket.Spares).DistinctBy(static entry => entry.Peer.Id).Count() != bucket.Entries.Length + bucket.Spares.Length)
        {
            throw new ViolationException(Invariant.PeerOnceInTable, peer);
        }

        CheckShares(peer, bucket.Entries.Concat(bucket.Spares), Limits.OperatorPerBucket, Limits.BlockPerBucket);
    }

    private static void CheckShares(string peer, IEnumerable<TableEntry> entries, int ofOperator, int ofBlock)
    {
        var all = entries.ToArray();
        foreach (var entry in all)
        {
            var (operators, blocks) = (0, 0);
            foreach (var other in all)
            {
                operators += other.Peer.Operator == entry.Peer.Operator ? 1 : 0;
                blocks += !entry.Peer.Block.IsExempt && other.Peer.Block == entry.Peer.Block ? 1 : 0;
            }

            if (operators > ofOperator || blocks > ofBlock)
            {
                throw new ViolationException(Invariant.PeersWithinShare, $"{peer}: {operators} of one operator, {blocks} of one block");
            }
        }
    }

    // Only its own silence, its own goodbye or its own move puts out a peer that has answered.
    private static void CheckStays(string peer, Bucket? before, DiscoveryInput input, Bucket after)
    {
        if (before is null || input is DiscoveryInput.Failed or DiscoveryInput.Tick)
        {
            return;
        }

        var mover = input switch
        {
            DiscoveryInput.Answered answered => answered.Peer.Id,
            DiscoveryInput.Request { From: { } from } => from.Id,
            _ => default,
        };
        foreach (var entry in before.Entries)
        {
            if (entry.Failures == 0 && entry.Peer.Id != mover && !after.Entries.Any(other => other.Peer.Id == entry.Peer.Id))
            {
                throw new ViolationException(Invariant.AnsweringStays, $"{peer}: {entry.Peer.Url} went with {input.GetType().Name}");
            }
        }
    }

    private static void CheckStore(string peer, AdvertStore before, AdvertStore after, ulong now)
    {
        var (count, bytes) = (0, 0L);
        foreach (var (key, adverts) in after.Slots)
        {
            count += adverts.Length;
            bytes += adverts.Sum(static advert => (long)advert.Bytes);
            if (adverts != before.At(key))
            {
                CheckSlot(peer, key, before.At(key), adverts, now);
            }
        }

        if (count != after.Count || bytes != after.Bytes || count > Limits.MaxStored)
        {
            throw new ViolationException(Invariant.HolderKeepsBounds, $"{peer}: {count} adverts of {bytes} bytes, it counts {after.Count} of {after.Bytes}");
        }
    }

    private static void CheckSlot(string peer, DiscoveryKey key, ImmutableArray<VerifiedAdvert> before, ImmutableArray<VerifiedAdvert> after, ulong now)
    {
        if (after.Length > Limits.AdvertsPerKey || after.GroupBy(static advert => advert.Name.Operator).Any(static group => group.Count() > Limits.OperatorPerKey))
        {
            throw new ViolationException(Invariant.HolderKeepsBounds, $"{peer}: {after.Length} adverts under one key");
        }

        foreach (var advert in after)
        {
            if (!advert.Yields(key))
            {
                throw new ViolationException(Invariant.AdvertUnderOwnKeys, $"{peer} keeps {advert.Name.Url} under {key}");
            }

            var known = before.FirstOrDefault(other => other.Name == advert.Name);
            if (known is not null && known.Sequence > advert.Sequence && known.ExpiresAt > now)
            {
                throw new ViolationException(Invariant.NewestIsKept, $"{peer}: {known.Sequence}, then {advert.Sequence} of {advert.Name.Url}");
            }
        }
    }

    private static void CheckOutput(string peer, Shadow shadow, DiscoveryInput input, DiscoveryOutput output)
    {
        switch (output)
        {
            case DiscoveryOutput.Found found:
                CheckTold(peer, found.Adverts, input.Now);
                if (!shadow.Lookups.Remove(found.LookupId, out var lookup))
                {
                    throw new ViolationException(Invariant.LookupEndsOnce, $"{peer}: lookup {found.LookupId}");
                }

                if (found.Adverts.FirstOrDefault(advert => !advert.Yields(lookup.Key)) is { } foreign)
                {
                    throw new ViolationException(Invariant.FoundIsSought, $"{peer}: {foreign.Name.Url} under {lookup.Key}");
                }

                break;
            case DiscoveryOutput.Answer { Body: DiscoveryAnswer.Adverts adverts }:
                CheckTold(peer, adverts.Found, input.Now);
                CheckNamed(peer, adverts.Closest);
                break;
            case DiscoveryOutput.Answer { Body: DiscoveryAnswer.Peers peers }:
                CheckNamed(peer, peers.Closest);
                break;
            default:
                break;
        }
    }

    private static void CheckTold(string peer, ImmutableArray<VerifiedAdvert> adverts, ulong now)
    {
        foreach (var advert in adverts)
        {
            if (advert.ExpiresAt <= now)
            {
                throw new ViolationException(Invariant.NothingExpiredTold, $"{peer}: {advert.Name.Url} expired {now - advert.ExpiresAt} ms ago");
            }
        }
    }

    private static void CheckNamed(string peer, ImmutableArray<Contact> closest)
    {
        if (closest.Length > Limits.BucketSize)
        {
            throw new ViolationException(Invariant.AnswerNamesFew, $"{peer} names {closest.Length}");
        }
    }

    private sealed class Shadow
    {
        internal HashSet<PeerId> Answered { get; } = [];

        internal Dictionary<ulong, (DiscoveryKey Key, ulong Since)> Lookups { get; } = [];
    }
}
