using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Ncn.Serving.Files;
using Ncn.Serving.Webhooks;

namespace Ncn.Serving.Batches;

/// <summary>What a gateway looks after beside requests, called every second: batches, webhooks, and now and then what has expired.</summary>
public sealed class Chores(BatchRunner batches, WebhookDesk webhooks, FileStore files, IConfiguration configuration, TimeProvider time, ILogger<Chores> log)
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);
    private readonly bool _hasStorage = configuration["Ncn:Blobs"] is not null;
    private int _busy;
    private DateTimeOffset _sweepAt = DateTimeOffset.MinValue;

    /// <summary>One round; none while the last one goes on.</summary>
    public async Task TickAsync(CancellationToken cancellationToken)
    {
        if (!_hasStorage || Interlocked.Exchange(ref _busy, 1) == 1)
        {
            return;
        }

        try
        {
            await batches.TickAsync(cancellationToken);
            await webhooks.TickAsync(cancellationToken);
            await SweepAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            log.LogWarning(failure, "Batches and webhooks could not be looked after; it is tried again");
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (time.GetUtcNow() >= _sweepAt)
        {
            _sweepAt = time.GetUtcNow() + SweepInterval;
            await files.SweepAsync(cancellationToken);
        }
    }
}
