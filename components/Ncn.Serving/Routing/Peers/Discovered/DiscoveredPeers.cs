using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Serving.Routing.Peers.Discovered;

/// <summary>The gateways that discovery has found: a view in memory, read anew from the registry every second, and at once for a model that nobody is known for.</summary>
internal sealed class DiscoveredPeers(RegistryDirectory registry, IOptions<PeerDiscoveryOptions> options, TimeProvider time, ILogger<DiscoveredPeers> log)
    : BackgroundService, IPeerSource
{
    private const int MaxSought = 1_024;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WhenOff = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SoughtAgain = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _sought = [];
    private ImmutableArray<GatewayRecord> _records = [];
    private string? _version;
    private string? _problem;

    public IReadOnlyList<PeerAddress> Read()
    {
        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        return [.. _records.Where(record => record.ExpiresAt > now).Select(AddressOf)];
    }

    /// <summary>Has a model looked for that no known peer serves; at most every ten seconds each, and so many of them.</summary>
    public async Task SeekAsync(string model, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_version is null || (_sought.TryGetValue(model, out var last) && now - last < SoughtAgain))
        {
            return;
        }

        if (_sought.Count >= MaxSought)
        {
            _sought.Clear();
        }

        _sought[model] = now;
        try
        {
            if (await registry.FindAsync(model, cancellationToken) is { } found)
            {
                Merge(Wanted(found));
            }
        }
        catch (RegistryException unread)
        {
            log.LogDebug("Nobody could be looked for who serves {Model}: {Reason}", model, unread.Message);
        }
    }

    /// <summary>Reads the registry once; returns the wait until the next time.</summary>
    internal async Task<TimeSpan> RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await registry.ReadAsync(_version, cancellationToken) is { } found)
            {
                (_records, _version) = ([.. Wanted(found)], found.Version);
            }

            _problem = null;
            return Interval;
        }
        catch (RegistryException unread)
        {
            if (_problem != unread.Message)
            {
                log.LogInformation("The registry tells of no other gateways: {Reason}", unread.Message);
            }

            _problem = unread.Message;
            return unread.IsOff ? WhenOff : Interval;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(await RefreshAsync(stoppingToken), time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.LogDebug("Other gateways are not asked for any more.");
        }
    }

    private IEnumerable<GatewayRecord> Wanted(FoundAdverts found) => found.Gateways
        .Where(signed => found.Stakes.GetValueOrDefault(signed.Message.Operator.ToString()).Units >= (UInt128)options.Value.MinimumStake)
        .Select(static signed => signed.Message);

    private void Merge(IEnumerable<GatewayRecord> found) =>
        _records = [.. found.Concat(_records).DistinctBy(static record => (record.Operator, record.Subnet, record.Url))];

    // One URL may serve one subnet only, so the record's models are all that is there.
    private static PeerAddress AddressOf(GatewayRecord record) =>
        new(new Uri(new Uri(record.Url), "/"), record.Operator, IsConfigured: false) { Models = [.. record.Models.Select(static model => model.Name)] };
}
