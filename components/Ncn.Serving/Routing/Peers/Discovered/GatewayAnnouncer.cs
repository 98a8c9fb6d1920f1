using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Routing.Peers.Discovered;

/// <summary>Tells the network of this gateway: signed records of what its nodes offer, at the start, whenever that changes, and again before they expire.</summary>
internal sealed class GatewayAnnouncer(
    RegistryDirectory registry, RoutingTable routing, GatewayIdentity identity, IOptions<GatewayOptions> gateway, IOptions<PeerDiscoveryOptions> options,
    TimeProvider time, ILogger<GatewayAnnouncer> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WhenOff = TimeSpan.FromSeconds(15);

    private ImmutableArray<GatewayModel> _announced;
    private DateTimeOffset _due;
    private string? _problem;

    /// <summary>Announces when there is reason to; returns the wait until the next look.</summary>
    internal async Task<TimeSpan> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var models = await OfferedAsync(cancellationToken);
            if (_announced.IsDefault || !_announced.SequenceEqual(models) || time.GetUtcNow() >= _due)
            {
                await registry.AnnounceAsync(Record(models), cancellationToken);
                _announced = models;
                _due = time.GetUtcNow() + TimeSpan.FromSeconds(Math.Min(options.Value.AnnounceSeconds, options.Value.RecordSeconds / 2));
            }

            _problem = null;
            return Interval;
        }
        catch (RegistryException refused)
        {
            return Note(refused.Message, refused.IsOff ? WhenOff : Interval);
        }
        catch (Exception unread) when (!cancellationToken.IsCancellationRequested && unread is HttpRequestException or Dapr.DaprException or OperationCanceledException)
        {
            return Note(unread.Message, Interval);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Announce)
        {
            return;
        }

        try
        {
            while (true)
            {
                await Task.Delay(await LookAsync(stoppingToken), time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.LogDebug("The gateway is announced no more.");
        }
    }

    private async Task<ImmutableArray<GatewayModel>> OfferedAsync(CancellationToken cancellationToken)
    {
        var offered = await routing.FindAsync(null, cancellationToken);
        return
        [
            .. offered.Select(static candidate => new GatewayModel(candidate.Offer.Name, candidate.Offer.Digest)).Distinct()
                .OrderBy(static model => model.Name, StringComparer.Ordinal).ThenBy(static model => model.Digest.Value).Take(GatewayRecord.MaxModels),
        ];
    }

    private Signed<GatewayRecord> Record(ImmutableArray<GatewayModel> models)
    {
        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        var record = new GatewayRecord(
            identity.Address, now, gateway.Value.Subnet, identity.PublicUrl.TrimEnd('/'), models, now, now + ((ulong)options.Value.RecordSeconds * 1000));
        return identity.Signer.Sign(record, identity.NetworkDomain);
    }

    private TimeSpan Note(string problem, TimeSpan wait)
    {
        if (_problem != problem)
        {
            log.LogInformation("The gateway is not announced to others: {Reason}", problem);
        }

        _problem = problem;
        return wait;
    }
}
