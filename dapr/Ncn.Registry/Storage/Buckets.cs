using System.Collections.Immutable;
using Dapr.Actors.Runtime;

namespace Ncn.Registry.Storage;

/// <summary>
/// A map that can have thousands of entries, kept in sixteen state entries, so that a turn that touches one of them writes a
/// sixteenth of the map.
/// </summary>
internal static class Buckets
{
    private const int Count = 16;

    internal static async Task<ImmutableSortedDictionary<TKey, TValue>> LoadAsync<TKey, TValue>(
        IActorStateManager store, string name, ImmutableSortedDictionary<TKey, TValue> empty)
        where TKey : notnull
    {
        var all = empty.ToBuilder();
        for (var bucket = 0; bucket < Count; bucket++)
        {
            var part = await store.TryGetStateAsync<Dictionary<TKey, TValue>>(KeyOf(name, bucket));
            all.AddRange(part.HasValue ? part.Value : []);
        }

        return all.ToImmutable();
    }

    /// <summary>Stages the buckets that differ; the caller commits them in one transaction with all else.</summary>
    internal static async Task StageAsync<TKey, TValue>(
        IActorStateManager store, string name, ImmutableSortedDictionary<TKey, TValue> before, ImmutableSortedDictionary<TKey, TValue> after)
        where TKey : notnull
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        var gone = before.Where(entry => !after.ContainsKey(entry.Key));
        var fresh = after.Where(entry => !before.TryGetValue(entry.Key, out var old) || !EqualityComparer<TValue>.Default.Equals(old, entry.Value));
        foreach (var bucket in gone.Concat(fresh).Select(static entry => BucketOf(entry.Key)).ToHashSet())
        {
            await store.SetStateAsync(KeyOf(name, bucket), after.Where(entry => BucketOf(entry.Key) == bucket).ToDictionary());
        }
    }

    private static string KeyOf(string name, int bucket) => $"{name}-{bucket:x}";

    // The same on every machine and in every process, which a string's own hash is not.
    internal static int BucketOf<TKey>(TKey key)
        where TKey : notnull =>
        key.ToString()!.Sum(static character => character) % Count;
}
