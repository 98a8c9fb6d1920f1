using System.Collections.Immutable;
using Dapr.Actors.Runtime;
using Ncn.Payments.Channels;

namespace Ncn.Registry.Channels;

/// <summary>
/// A ledger in the state store: the ledger itself in one entry, and the remembered requests, of which there can be thousands, in
/// sixteen, so that a step writes a sixteenth of them.
/// </summary>
internal static class ChannelStore
{
    private const string LedgerKey = "ledger";
    private const int Buckets = 16;

    internal static async Task<ChannelState> LoadAsync(IActorStateManager store)
    {
        var ledger = await store.TryGetStateAsync<ChannelState>(LedgerKey);
        if (!ledger.HasValue)
        {
            return ChannelState.Empty;
        }

        var recent = ChannelState.Empty.Recent.ToBuilder();
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            var part = await store.TryGetStateAsync<Dictionary<string, Settled>>(KeyOf(bucket));
            recent.AddRange(part.HasValue ? part.Value : []);
        }

        return ledger.Value with
        {
            Reservations = ChannelState.Empty.Reservations.AddRange(ledger.Value.Reservations),
            Recent = recent.ToImmutable(),
        };
    }

    /// <summary>Stages what differs; the caller commits it in one transaction.</summary>
    internal static async Task StageAsync(IActorStateManager store, ChannelState before, ChannelState after)
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        await store.SetStateAsync(LedgerKey, after with { Recent = ChannelState.Empty.Recent });
        foreach (var bucket in Changed(before.Recent, after.Recent))
        {
            var part = after.Recent.Where(entry => BucketOf(entry.Key) == bucket).ToDictionary(StringComparer.Ordinal);
            await store.SetStateAsync(KeyOf(bucket), part);
        }
    }

    private static SortedSet<int> Changed(ImmutableSortedDictionary<string, Settled> before, ImmutableSortedDictionary<string, Settled> after)
    {
        if (ReferenceEquals(before, after))
        {
            return [];
        }

        var gone = before.Where(entry => !after.ContainsKey(entry.Key));
        var fresh = after.Where(entry => !before.TryGetValue(entry.Key, out var old) || old != entry.Value);
        return [.. gone.Concat(fresh).Select(static entry => BucketOf(entry.Key))];
    }

    private static string KeyOf(int bucket) => $"recent-{bucket:x}";

    // Keys begin with a random hex id; the sum of the characters spreads any other key as well.
    private static int BucketOf(string key) => key.Sum(static character => character) % Buckets;
}
