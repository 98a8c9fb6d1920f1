using Dapr.Actors.Runtime;
using Ncn.Payments.Channels;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Channels;

/// <summary>A ledger in the state store: the ledger itself in one entry, and the remembered requests, of which there can be thousands, apart.</summary>
internal static class ChannelStore
{
    private const string LedgerKey = "ledger";
    private const string RecentName = "recent";

    internal static async Task<ChannelState> LoadAsync(IActorStateManager store)
    {
        var ledger = await store.TryGetStateAsync<ChannelState>(LedgerKey);
        return !ledger.HasValue
            ? ChannelState.Empty
            : ledger.Value with
            {
                // Read anew into the map of the empty state, whose order of keys is the ledger's own.
                Reservations = ChannelState.Empty.Reservations.AddRange(ledger.Value.Reservations),
                Recent = await Buckets.LoadAsync(store, RecentName, ChannelState.Empty.Recent),
            };
    }

    /// <summary>Stages what differs; the caller commits it in one transaction.</summary>
    internal static async Task StageAsync(IActorStateManager store, ChannelState before, ChannelState after)
    {
        if (!ReferenceEquals(before, after))
        {
            await store.SetStateAsync(LedgerKey, after with { Recent = ChannelState.Empty.Recent });
            await Buckets.StageAsync(store, RecentName, before.Recent, after.Recent);
        }
    }
}
