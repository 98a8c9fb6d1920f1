using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>The adverts that a peer keeps for the network, by key.</summary>
/// <param name="Slots">The adverts of each key, the best admitted first.</param>
/// <param name="Distances">Of the keys from the holder, so that the farthest one is at hand.</param>
/// <param name="Count">Adverts of all keys together.</param>
/// <param name="Bytes">Their size in JSON.</param>
public sealed record AdvertStore(
    ImmutableSortedDictionary<DiscoveryKey, ImmutableArray<VerifiedAdvert>> Slots, ImmutableSortedSet<Hash32> Distances, int Count, long Bytes)
{
    /// <summary>Nothing is kept.</summary>
    public static AdvertStore Empty { get; } = new(ImmutableSortedDictionary<DiscoveryKey, ImmutableArray<VerifiedAdvert>>.Empty, [], 0, 0);

    /// <summary>Of all keys together, how many adverts each operator has here.</summary>
    internal ImmutableDictionary<Address, int> Operators { get; init; } = ImmutableDictionary<Address, int>.Empty;

    /// <summary>What is kept under a key, expired ones included until the next upkeep.</summary>
    public ImmutableArray<VerifiedAdvert> At(DiscoveryKey key) => Slots.TryGetValue(key, out var adverts) ? adverts : [];

    internal AdvertStore With(DiscoveryKey key, ImmutableArray<VerifiedAdvert> adverts, Hash32 holder)
    {
        var before = At(key);
        var distances = (before.Length == 0, adverts.Length == 0) switch
        {
            (true, false) => Distances.Add(key.Value ^ holder),
            (false, true) => Distances.Remove(key.Value ^ holder),
            _ => Distances,
        };
        return new AdvertStore(
            adverts.Length == 0 ? Slots.Remove(key) : Slots.SetItem(key, adverts), distances,
            Count - before.Length + adverts.Length, Bytes - Size(before) + Size(adverts))
        {
            Operators = Counted(Counted(Operators, adverts, 1), before, -1),
        };
    }

    /// <summary>Without what has expired.</summary>
    internal AdvertStore Swept(ulong now, Hash32 holder)
    {
        var store = this;
        foreach (var (key, adverts) in Slots)
        {
            var living = AdvertAdmission.Living(adverts, now);
            store = living.Length == adverts.Length ? store : store.With(key, living, holder);
        }

        return store;
    }

    private static ImmutableDictionary<Address, int> Counted(ImmutableDictionary<Address, int> operators, ImmutableArray<VerifiedAdvert> adverts, int by)
    {
        foreach (var advert in adverts)
        {
            var count = operators.GetValueOrDefault(advert.Name.Operator) + by;
            operators = count == 0 ? operators.Remove(advert.Name.Operator) : operators.SetItem(advert.Name.Operator, count);
        }

        return operators;
    }

    private static long Size(ImmutableArray<VerifiedAdvert> adverts)
    {
        var size = 0L;
        foreach (var advert in adverts)
        {
            size += advert.Bytes;
        }

        return size;
    }
}
