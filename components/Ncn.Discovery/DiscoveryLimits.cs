namespace Ncn.Discovery;

/// <summary>Bounds and periods of a peer. The defaults are those of the Kademlia and S/Kademlia papers where these give one.</summary>
public sealed record DiscoveryLimits
{
    /// <summary>The usual ones.</summary>
    public static DiscoveryLimits Default { get; } = new();

    /// <summary>k: peers of a bucket, of an answer, and holders of an advert; 1 to 64.</summary>
    public int BucketSize { get; init; } = 20;

    /// <summary>α: requests that one path of a lookup has in flight; 1 to 16.</summary>
    public int Parallel { get; init; } = 3;

    /// <summary>d: disjoint paths of a lookup; 1 to 8.</summary>
    public int Paths { get; init; } = 3;

    /// <summary>Peers that a full bucket keeps in reserve.</summary>
    public int SpareSize { get; init; } = 8;

    /// <summary>Peers of one operator in a bucket, and among the holders of a key.</summary>
    public int OperatorPerBucket { get; init; } = 2;

    /// <summary>Peers of one operator in the table.</summary>
    public int OperatorPerTable { get; init; } = 10;

    /// <summary>Peers of one address block in a bucket, and among the holders of a key.</summary>
    public int BlockPerBucket { get; init; } = 2;

    /// <summary>Peers of one address block in the table.</summary>
    public int BlockPerTable { get; init; } = 10;

    /// <summary>Failures in a row after which a peer is out when nobody can take its place; with a reserve the first one is enough.</summary>
    public int MaxFailures { get; init; } = 3;

    /// <summary>A full bucket's oldest peer is asked for a sign of life when a newcomer comes and it was not heard of for this long, milliseconds.</summary>
    public ulong FreshMilliseconds { get; init; } = 5UL * 60 * 1000;

    /// <summary>A failure counts against a peer only when another was heard of within this time: an own outage empties no table, milliseconds.</summary>
    public ulong OutageMilliseconds { get; init; } = 30_000;

    /// <summary>A request's time, milliseconds.</summary>
    public ulong RpcMilliseconds { get; init; } = 3_000;

    /// <summary>A lookup goes on without a peer that has not answered for this long; a late answer still counts, milliseconds.</summary>
    public ulong HurryMilliseconds { get; init; } = 600;

    /// <summary>A bucket in whose range nothing was looked up for this long is refreshed, milliseconds.</summary>
    public ulong RefreshMilliseconds { get; init; } = 60UL * 60 * 1000;

    /// <summary>The own neighbourhood is looked up this often, milliseconds.</summary>
    public ulong NeighbourhoodMilliseconds { get; init; } = 15UL * 60 * 1000;

    /// <summary>Own adverts are stored again this often, milliseconds.</summary>
    public ulong RepublishMilliseconds { get; init; } = 10UL * 60 * 1000;

    /// <summary>The holders of a key are looked up anew when they are older than this; before, a newer advert goes straight to them, milliseconds.</summary>
    public ulong HoldersMilliseconds { get; init; } = 5UL * 60 * 1000;

    /// <summary>How often what has expired is thrown away, milliseconds.</summary>
    public ulong UpkeepMilliseconds { get; init; } = 60_000;

    /// <summary>
    /// Wait from joining to the second look at the own neighbourhood, milliseconds. While fewer than <see cref="BucketSize"/> peers are
    /// known the wait is four times as long each time; up to <see cref="UpkeepMilliseconds"/> while nobody is known.
    /// </summary>
    public ulong RejoinMilliseconds { get; init; } = 1_000;

    /// <summary>How far another's clock may be ahead, milliseconds.</summary>
    public ulong ClockSkewMilliseconds { get; init; } = 60_000;

    /// <summary>Longest life of a record, milliseconds.</summary>
    public ulong MaxLifeMilliseconds { get; init; } = 24UL * 60 * 60 * 1000;

    /// <summary>Adverts that a holder keeps under one key.</summary>
    public int AdvertsPerKey { get; init; } = 64;

    /// <summary>Of these, adverts of one operator.</summary>
    public int OperatorPerKey { get; init; } = 4;

    /// <summary>Adverts of one operator that a holder keeps under all keys: subnets and names can be ground so that they lie near a holder.</summary>
    public int OperatorPerStore { get; init; } = 1_024;

    /// <summary>Adverts that a holder keeps under all keys; the keys farthest from it go first.</summary>
    public int MaxStored { get; init; } = 16_384;

    /// <summary>Their size together, bytes of JSON.</summary>
    public long MaxStoredBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Own adverts at once.</summary>
    public int MaxOwn { get; init; } = 64;

    /// <summary>Adverts in one answer or one request, bytes of JSON.</summary>
    public int AnswerBytes { get; init; } = 40 * 1024;

    /// <summary>Adverts that a lookup gathers.</summary>
    public int MaxFound { get; init; } = 512;

    /// <summary>Peers that one peer named and that did not answer, without one that did, after which a lookup leaves its other ones out.</summary>
    public int MaxSilentNamed { get; init; } = 3;

    /// <summary>Requests of one lookup; it ends with what it has then.</summary>
    public int MaxRequests { get; init; } = 240;

    /// <summary>Keys whose adverts are handed over by a peer that goes.</summary>
    public int MaxHandovers { get; init; } = 256;

    /// <summary>Pages of one holder's answer that a lookup asks for.</summary>
    public int MaxPages { get; init; } = 8;

    /// <summary>Lookups of callers at once; one more ends at once with nothing.</summary>
    public int MaxLookups { get; init; } = 1_024;

    /// <summary>Lookups for publishing at once, and as many for refreshing.</summary>
    public int MaxOwnLookups { get; init; } = 4;

    /// <summary>Newcomers that are asked for a sign of life at once.</summary>
    public int MaxProbes { get; init; } = 16;

    /// <summary>Peers of <see cref="DiscoveryInput.Join"/> that are kept.</summary>
    public int MaxBootstrap { get; init; } = 64;
}
