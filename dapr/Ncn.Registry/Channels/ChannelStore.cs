using System.Collections.Immutable;
using Dapr.Actors.Runtime;
using Ncn.Payments.Channels;

namespace Ncn.Registry.Channels;

/// <summary>
/// A ledger in the state store: the ledger itself in one entry, and the remembered requests, of which there can be thousands, in an entry
/// for each page. A turn writes the ledger, the newest page and, once there are as many as are remembered, the oldest.
/// In the first form they lay in sixteen maps, <c>recent-0</c> to <c>recent-f</c>.
/// </summary>
internal static class ChannelStore
{
    internal const string LedgerKey = "ledger";
    private const int FirstBuckets = 16;
    private const string PagesKey = "recent";

    internal static async Task<ChannelState> LoadAsync(IActorStateManager store)
    {
        var ledger = await store.TryGetStateAsync<ChannelState>(LedgerKey);
        return !ledger.HasValue
            ? ChannelState.Empty
            : ledger.Value with
            {
                // Read anew into the map of the empty state, whose order of keys is the ledger's own.
                Reservations = ChannelState.Empty.Reservations.AddRange(ledger.Value.Reservations),
                Recent = await LoadRecentAsync(store),
            };
    }

    /// <summary>Stages what differs; the caller commits it in one transaction.</summary>
    internal static async Task StageAsync(IActorStateManager store, ChannelState before, ChannelState after)
    {
        if (!ReferenceEquals(before, after))
        {
            await store.SetStateAsync(LedgerKey, after with { Recent = RecentRequests.Empty });
            await StageRecentAsync(store, before.Recent.Pages, after.Recent.Pages);
        }
    }

    /// <summary>Stages the remembered requests of the first form as pages: a request that is forgotten could be charged twice.</summary>
    internal static async Task PagesOfBucketsAsync(IActorStateManager store)
    {
        if (await store.ContainsStateAsync(PagesKey))
        {
            return;
        }

        var all = new List<RecentRequest>();
        for (var bucket = 0; bucket < FirstBuckets; bucket++)
        {
            var found = await store.TryGetStateAsync<Dictionary<string, Settled>>($"{PagesKey}-{bucket:x}");
            all.AddRange(found.HasValue ? found.Value.Select(static entry => new RecentRequest(entry.Key, entry.Value)) : []);
            await store.TryRemoveStateAsync($"{PagesKey}-{bucket:x}");
        }

        var pages = all.OrderBy(static request => request.Settled.ForgetAt).Chunk(RecentRequests.PageSize).ToArray();
        for (var number = 0; number < pages.Length; number++)
        {
            await store.SetStateAsync(KeyOf(number), pages[number]);
        }

        await (pages.Length > 0 ? store.SetStateAsync(PagesKey, Enumerable.Range(0, pages.Length).Select(static number => (long)number).ToArray()) : Task.CompletedTask);
    }

    private static async Task<RecentRequests> LoadRecentAsync(IActorStateManager store)
    {
        var numbers = await store.TryGetStateAsync<long[]>(PagesKey);
        var pages = new List<KeyValuePair<long, ImmutableArray<RecentRequest>>>();
        foreach (var number in numbers.HasValue ? numbers.Value : [])
        {
            pages.Add(KeyValuePair.Create(number, (await store.GetStateAsync<RecentRequest[]>(KeyOf(number))).ToImmutableArray()));
        }

        return RecentRequests.Of(pages);
    }

    private static async Task StageRecentAsync(
        IActorStateManager store, ImmutableSortedDictionary<long, ImmutableArray<RecentRequest>> before, ImmutableSortedDictionary<long, ImmutableArray<RecentRequest>> after)
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        var isListed = true;
        foreach (var (number, page) in after)
        {
            var isKnown = before.TryGetValue(number, out var old);
            isListed &= isKnown;
            await (isKnown && old == page ? Task.CompletedTask : store.SetStateAsync(KeyOf(number), page.ToArray()));
        }

        foreach (var gone in before.Keys.Where(number => !after.ContainsKey(number)))
        {
            isListed = false;
            await store.RemoveStateAsync(KeyOf(gone));
        }

        await (isListed ? Task.CompletedTask : store.SetStateAsync(PagesKey, after.Keys.ToArray()));
    }

    private static string KeyOf(long page) => $"recent-{page}";
}
