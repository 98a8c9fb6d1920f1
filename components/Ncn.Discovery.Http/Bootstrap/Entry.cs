using Microsoft.Extensions.Logging;
using Ncn.Discovery.Http.Transport;

namespace Ncn.Discovery.Http.Bootstrap;

/// <summary>Gets a peer into the network and keeps it there: from what it knew last, and from its bootstrap records.</summary>
/// <remarks>
/// 1. Every source is read; one that cannot be is logged and left out. 2. A record that is still good is joined through as it is; one that has
/// expired, or a URL, is asked who is there now, and a record's identity key must be the same. 3. That is repeated after 1, 2, 4 … 30 s while few are
/// known, because those who come at the same time do not hear of each other at the first try; else every ten minutes. 4. Those that the
/// peer knows are remembered each time.
/// </remarks>
public sealed class Entry(DiscoveryPeer peer, PeerCaller caller, IReadOnlyList<IBootstrapSource> sources, PeersFile? memory, TimeProvider time, ILogger log)
{
    private const int MaxWays = 256;
    private const int Few = 20;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Runs until it is cancelled; then what is known is remembered once more.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var wait = FirstWait; true; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
            {
                await JoinAsync(cancellationToken);
                await Task.Delay(peer.State.Table.Count < Few ? wait : Again, time, cancellationToken);
                Remember();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Remember();
        }
    }

    /// <summary>One try to join through everybody that is known.</summary>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        var ways = new List<BootstrapRecord>();
        foreach (var source in memory is null ? sources : [memory, .. sources])
        {
            ways.AddRange(await ReadAsync(source, cancellationToken));
        }

        var found = await Task.WhenAll(ways.DistinctBy(static way => (way.Url, way.Record?.Message.IdentityKey)).Take(MaxWays).Select(way => MeetAsync(way, cancellationToken)));
        peer.Join(found.OfType<Contact>().DistinctBy(static contact => contact.Id));
    }

    private async Task<IReadOnlyList<BootstrapRecord>> ReadAsync(IBootstrapSource source, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(cancellationToken);
        }
        catch (Exception unread) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever is wrong with one source, the others lead in.
            log.LogWarning("Bootstrap records of {Source} are left out: {Reason}", source.Name, unread.Message);
            return [];
        }
    }

    private async Task<Contact?> MeetAsync(BootstrapRecord way, CancellationToken cancellationToken)
    {
        var known = way.Record is null ? null : caller.Read(way.Record);
        if (way.Record is not null && known is null)
        {
            log.LogWarning("The bootstrap record of {Url} is not signed by its operator under this network, and is left out.", way.Url);
            return null;
        }

        if (known is not null && known.Record.Message.ExpiresAt > (ulong)time.GetUtcNow().ToUnixTimeMilliseconds())
        {
            return known;
        }

        var there = await IntroduceAsync(way.Url, cancellationToken);
        if (there is not null && known is not null && there.Id != known.Id)
        {
            log.LogWarning("At {Url} there is another peer than the bootstrap record names; it is left out.", way.Url);
            return null;
        }

        if (there is not null && way.Operator is { } named && there.Record.Message.Operator != named)
        {
            log.LogWarning("At {Url} there is a peer of {Operator}, and {Named} announced it; it is left out.", way.Url, there.Record.Message.Operator, named);
            return null;
        }

        return there;
    }

    private async Task<Contact?> IntroduceAsync(Uri url, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await caller.IntroduceAsync(url, patience.Token);
        }
        catch (Exception unreachable) when (!cancellationToken.IsCancellationRequested && unreachable is PeerCallException or OperationCanceledException)
        {
            log.LogInformation("The bootstrap peer {Url} does not answer: {Reason}", url, unreachable.Message);
            return null;
        }
    }

    private void Remember()
    {
        try
        {
            memory?.Write(peer.State.Table.Peers);
        }
        catch (Exception unwritten) when (unwritten is IOException or UnauthorizedAccessException)
        {
            log.LogWarning("The known peers cannot be written to {File}: {Reason}", memory!.Name, unwritten.Message);
        }
    }
}
