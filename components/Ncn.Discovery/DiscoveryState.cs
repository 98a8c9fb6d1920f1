using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>All that a peer knows. It lives in memory; over a restart a shell keeps <see cref="RoutingTable.Peers"/> and gives them to <see cref="DiscoveryInput.Join"/>.</summary>
/// <param name="Table">The peers that have answered.</param>
/// <param name="Store">The adverts that it keeps for the network.</param>
/// <param name="Own">Its own adverts and what became of them.</param>
/// <param name="Lookups">Those that run.</param>
/// <param name="Pending">Requests without an answer yet, by number, which rises.</param>
/// <param name="Bootstrap">Whom to ask when nobody else is known.</param>
public sealed record DiscoveryState(
    RoutingTable Table, AdvertStore Store, OwnAdverts Own, ImmutableSortedDictionary<ulong, Lookup> Lookups,
    ImmutableSortedDictionary<ulong, Pending> Pending, ImmutableArray<Contact> Bootstrap)
{
    /// <summary>What operators have staked.</summary>
    public ImmutableSortedDictionary<Address, TokenAmount> Stakes { get; init; } = ImmutableSortedDictionary<Address, TokenAmount>.Empty;

    /// <summary>Nothing is begun any more; see <see cref="DiscoveryInput.Leave"/>.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>Newcomers that are asked for a sign of life.</summary>
    internal ImmutableSortedSet<Hash32> Probing { get; init; } = [];

    internal bool IsGone { get; init; }

    internal ulong LastNumber { get; init; }

    internal ulong Luck { get; init; }

    internal ulong HeardAt { get; init; }

    internal Periods Periods { get; init; } = Periods.None;

    internal ulong RpcWakeAt { get; init; } = ulong.MaxValue;

    internal ulong AnnouncedWakeAt { get; init; } = ulong.MaxValue;

    /// <summary>A peer that knows nobody.</summary>
    /// <param name="self">Its place in the key space.</param>
    /// <param name="seed">Drawn at random by the shell: choices that nobody is to foresee depend on it.</param>
    public static DiscoveryState Create(PeerId self, ulong seed) => new(
        RoutingTable.Of(self), AdvertStore.Empty, OwnAdverts.None, ImmutableSortedDictionary<ulong, Lookup>.Empty,
        ImmutableSortedDictionary<ulong, Pending>.Empty, [])
    {
        Luck = seed,
    };
}

/// <summary>When the next regular work is due, unix milliseconds.</summary>
/// <param name="UpkeepAt">What has expired goes, buckets that nobody looked into are refreshed; never before the first step.</param>
/// <param name="NeighboursAt">The own neighbourhood is looked up: soon after joining, then more and more seldom.</param>
/// <param name="NeighboursWait">The wait after it.</param>
internal sealed record Periods(ulong UpkeepAt, ulong NeighboursAt, ulong NeighboursWait)
{
    internal static Periods None { get; } = new(ulong.MaxValue, ulong.MaxValue, 0);
}

/// <summary>A request that is under way.</summary>
/// <param name="SentAt">Unix milliseconds.</param>
public sealed record Pending(Contact Peer, DiscoveryRequest Body, RpcPurpose Purpose, ulong SentAt, ulong Deadline)
{
    /// <summary>Its lookup goes on without it.</summary>
    internal bool IsLate { get; init; }
}

/// <summary>Why a request was sent.</summary>
public abstract record RpcPurpose
{
    private RpcPurpose()
    {
    }

    /// <summary>A newcomer is asked for a sign of life.</summary>
    internal sealed record Probe : RpcPurpose
    {
        internal static Probe Instance { get; } = new();
    }

    /// <summary>The oldest peer of a full bucket is asked for one.</summary>
    internal sealed record Check(int Bucket) : RpcPurpose;

    /// <summary>A lookup asks.</summary>
    internal sealed record Ask(ulong Lookup, int Path) : RpcPurpose;

    /// <summary>Own adverts are offered.</summary>
    internal sealed record Offer(DiscoveryKey Key) : RpcPurpose;

    /// <summary>Adverts are handed over, or a neighbour is told that this peer goes.</summary>
    internal sealed record Farewell : RpcPurpose
    {
        internal static Farewell Instance { get; } = new();
    }
}
