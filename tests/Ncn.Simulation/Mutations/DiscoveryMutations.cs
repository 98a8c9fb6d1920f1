using System.Collections.Immutable;
using Ncn.Discovery;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;

namespace Ncn.Simulation.Mutations;

/// <summary>Peers of the discovery network that are wrong.</summary>
internal static class DiscoveryMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        Of("dht-hearsay", "a peer that was only named comes into the table", Hearsay, Invariant.TableHasAnswered, Invariant.PeersWithinShare),
        Of("dht-evicts-old", "a newcomer takes the place of the oldest peer", EvictsOld, Invariant.AnsweringStays),
        Of("dht-wide-buckets", "a bucket has one peer more", static (state, input, limits) => DiscoveryCore.Apply(state, input, input is DiscoveryInput.Request ? limits : limits with { BucketSize = limits.BucketSize + 1 }), Invariant.BucketKeepsBounds),
        Of("dht-names-many", "an answer names more than k peers", static (state, input, limits) => DiscoveryCore.Apply(state, input, input is DiscoveryInput.Request ? limits with { BucketSize = limits.BucketSize + 2 } : limits), Invariant.AnswerNamesFew, Invariant.BucketKeepsBounds),
        Of("dht-one-party", "operators and address blocks are not counted", static (state, input, limits) => DiscoveryCore.Apply(state, input, limits with { OperatorPerBucket = 20, OperatorPerTable = 20, BlockPerBucket = 20, BlockPerTable = 20 }), Invariant.PeersWithinShare),
        Of("dht-wrong-bucket", "peers are kept at the wrong distance", WrongBucket, Invariant.PeerInItsBucket),
        Of("dht-twice", "a peer is an entry and a reserve", Twice, Invariant.PeerOnceInTable, Invariant.PeersWithinShare, Invariant.BucketKeepsBounds),
        Of("dht-any-key", "an advert is kept under a key that it does not yield", AnyKey, Invariant.AdvertUnderOwnKeys, Invariant.HolderKeepsBounds),
        Of("dht-old-adverts", "an older advert replaces a newer one", OldAdverts, Invariant.NewestIsKept),
        Of("dht-unbounded", "a key is kept without limit", static (state, input, limits) => DiscoveryCore.Apply(state, input, limits with { AdvertsPerKey = 64, OperatorPerKey = 64 }), Invariant.HolderKeepsBounds),
        Of("dht-expired", "adverts that have expired are given", Expired, Invariant.NothingExpiredTold),
        Of("dht-found-twice", "a lookup ends twice", FoundTwice, Invariant.LookupEndsOnce),
        Of("dht-waits-for-ever", "requests have no deadline", static (state, input, limits) => input is DiscoveryInput.Tick ? (state, [new DiscoveryOutput.Wake(input.Now + 1_000)]) : DiscoveryCore.Apply(state, input, limits), Invariant.RequestEndsByDeadline),
        Of("dht-endless", "a lookup that finds nothing does not end", static (state, input, limits) => Without(state, input, limits, static found => found.Adverts.IsEmpty), Invariant.LookupEndsInTime) with { First = 38 },
        Of("dht-takes-junk", "what a peer gives is not held against what was sought", TakesJunk, Invariant.FoundIsSought),
        Of("dht-forgets", "holders forget what they keep", Forgets, Invariant.AdvertisedIsFound),
    ];

    private static Mutation Of(
        string name, string words, Func<DiscoveryState, DiscoveryInput, DiscoveryLimits, (DiscoveryState, IReadOnlyList<DiscoveryOutput>)> discovery, params ImmutableArray<string> breaks) =>
        new(name, words, new Cores { Discovery = discovery }, breaks);

    private static DiscoveryState With(DiscoveryState state, int index, Bucket bucket) => state with { Table = state.Table with { Buckets = state.Table.Buckets.SetItem(index, bucket) } };

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) Hearsay(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        var named = input is DiscoveryInput.Answered { Body: DiscoveryAnswer.Peers { Closest: var closest } } ? closest : [];
        foreach (var peer in named)
        {
            var index = Math.Min((peer.Id.Value ^ next.Table.Self.Value).LeadingZeros, 255);
            if (peer.Id != next.Table.Self && index < next.Table.Buckets.Length && next.Table.Buckets[index] is { Entries.Length: var count } bucket && count < limits.BucketSize
                && !bucket.Entries.Concat(bucket.Spares).Any(entry => entry.Peer.Id == peer.Id))
            {
                return (With(next, index, bucket with { Entries = bucket.Entries.Add(new TableEntry(peer, input.Now, 0)) }), outputs);
            }
        }

        return (next, outputs);
    }

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) EvictsOld(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        var index = next.Table.Buckets.ToList().FindIndex(static bucket => bucket is { Entries.Length: > 0, Spares.Length: > 0 } && bucket.Entries[0].Failures == 0);
        if (input is not DiscoveryInput.Answered || index < 0 || ReferenceEquals(next.Table, state.Table))
        {
            return (next, outputs);
        }

        var bucket = next.Table.Buckets[index];
        return (With(next, index, bucket with { Entries = bucket.Entries.RemoveAt(0).Add(bucket.Spares[^1]), Spares = bucket.Spares.RemoveAt(bucket.Spares.Length - 1) }), outputs);
    }

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) WrongBucket(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        var isNew = next.Table.Count > state.Table.Count && next.Table.Buckets.Length > 1;
        return isNew ? (next with { Table = next.Table with { Buckets = next.Table.Buckets.Reverse().ToImmutableArray() } }, outputs) : (next, outputs);
    }

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) Twice(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        var index = next.Table.Buckets.ToList().FindIndex(bucket => bucket.Entries.Length == 1 && bucket.Spares.IsEmpty);
        return index < 0 ? (next, outputs) : (With(next, index, next.Table.Buckets[index] with { Spares = next.Table.Buckets[index].Entries }), outputs);
    }

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) AnyKey(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        return input is DiscoveryInput.Request { Body: DiscoveryRequest.Store { Adverts: [var advert, ..] } }
            ? (next with { Store = next.Store with { Slots = next.Store.Slots.SetItem(DiscoveryKey.OfSubnet(77), [advert]) } }, outputs)
            : (next, outputs);
    }

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) OldAdverts(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        if (input is not DiscoveryInput.Request { Body: DiscoveryRequest.Store { Key: var key, Adverts: [var advert, ..] } })
        {
            return (next, outputs);
        }

        var held = next.Store.At(key);
        var newer = held.FirstOrDefault(other => other.Name == advert.Name && other.Sequence > advert.Sequence && other.ExpiresAt > input.Now);
        return newer is null ? (next, outputs) : (next with { Store = next.Store with { Slots = next.Store.Slots.SetItem(key, held.Replace(newer, advert)) } }, outputs);
    }

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) Expired(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        if (input is not DiscoveryInput.Request { Body: DiscoveryRequest.FindAdverts find })
        {
            return DiscoveryCore.Apply(state, input, limits with { UpkeepMilliseconds = 3_600_000 });
        }

        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        return (next, [.. outputs.Select(output => output is DiscoveryOutput.Answer { Body: DiscoveryAnswer.Adverts adverts } answer ? answer with { Body = adverts with { Found = state.Store.At(find.Key) } } : output)]);
    }

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) Without(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits, Func<DiscoveryOutput.Found, bool> isLost)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        return (next, [.. outputs.Where(output => output is not DiscoveryOutput.Found found || !isLost(found))]);
    }

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) TakesJunk(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        var junk = state.Store.Slots.Values.SelectMany(static adverts => adverts).Where(advert => advert.ExpiresAt > input.Now).Take(1);
        return (next, [.. outputs.Select(output => output is DiscoveryOutput.Found found ? found with { Adverts = [.. found.Adverts, .. junk] } : output)]);
    }

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) FoundTwice(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        return (next, [.. outputs, .. outputs.OfType<DiscoveryOutput.Found>()]);
    }

    private static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) Forgets(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        return (next with { Store = AdvertStore.Empty }, outputs);
    }
}
