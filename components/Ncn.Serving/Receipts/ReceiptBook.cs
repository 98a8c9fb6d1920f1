using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Coordination.Receipts;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Storage;
using Ncn.Serving.Validators;

namespace Ncn.Serving.Receipts;

/// <summary>Every receipt that this process accepted, on its way to the storage: many in one write, and no request waits for it.</summary>
/// <remarks>
/// They are kept where validators are named and there is a storage. A receipt is of the period in which it is written. What could not be
/// written is written again with the next ones, in a new segment.
/// </remarks>
public sealed class ReceiptBook(
    IObjectStore store, GatewayLife life, IConfiguration configuration, IOptions<ReceiptOptions> options, IOptions<ValidatorOptions> validators, TimeProvider time,
    ILogger<ReceiptBook> log) : BackgroundService
{
    private const long MostBytesAtOnce = 16 * 1024 * 1024;

    private readonly ConcurrentQueue<AcceptedReceipt> _waiting = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private List<AcceptedReceipt> _batch = [];
    private ReceiptSegment? _segment;
    private ulong _period;
    private int _segments;
    private long _bytes;
    private long _lost;

    /// <summary>Whether receipts are kept here.</summary>
    public bool IsKept { get; } = configuration["Ncn:Blobs"] is not null && validators.Value.Urls.Count > 0;

    /// <summary>A receipt was accepted.</summary>
    internal void Add(AcceptedReceipt receipt)
    {
        if (!IsKept)
        {
            return;
        }

        var weight = receipt.Weight;
        if (Interlocked.Add(ref _bytes, weight) > options.Value.MaxWaitingBytes)
        {
            Interlocked.Add(ref _bytes, -weight);
            Interlocked.Increment(ref _lost);
            return;
        }

        _waiting.Enqueue(receipt);
    }

    /// <summary>Writes all that waits. Throws what the storage fails with; nothing is lost by that.</summary>
    internal async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            while (Gather())
            {
                await WriteAsync(cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryFlushAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (IsKept && !stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(options.Value.FlushMilliseconds), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TryFlushAsync(stoppingToken);
        }
    }

    private async Task TryFlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await FlushAsync(cancellationToken);
            if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
            {
                log.LogError("{Count} receipts are not kept, because {Bytes} bytes of others were waiting for the storage: validators will find them missing where they are looked for", lost, options.Value.MaxWaitingBytes);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            log.LogWarning("{Count} receipts could not be written and wait for the next write: {Reason}", _batch.Count + _waiting.Count, failure.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The process ends, and its last flush has a patience of its own.
        }
    }

    // False when there is nothing to write.
    private bool Gather()
    {
        for (var bytes = _batch.Sum(static receipt => receipt.Weight); bytes < MostBytesAtOnce && _waiting.TryDequeue(out var receipt); bytes += receipt.Weight)
        {
            _batch.Add(receipt);
        }

        return _batch.Count > 0;
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var period = ReceiptPeriods.Of((ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), options.Value.Length);
        if (_segment is not { IsFull: false } || period != _period)
        {
            (_segment, _period) = (new ReceiptSegment(store, ReceiptNames.Segment(period, life.Holder, _segments++)), period);
        }

        var timely = _batch.FindAll(receipt => ReceiptPeriods.IsTimely(receipt.Receipt.FinishedAt, period, options.Value.Length));
        try
        {
            await (timely.Count > 0 ? _segment.WriteAsync(timely, cancellationToken) : Task.CompletedTask);
        }
        catch
        {
            _segment = null;
            throw;
        }

        if (timely.Count < _batch.Count)
        {
            log.LogWarning("{Count} receipts are in no list: by their nodes' clocks they are more than a period away from {Period}, in which they could be written", _batch.Count - timely.Count, period);
        }

        Interlocked.Add(ref _bytes, -_batch.Sum(static receipt => receipt.Weight));
        _batch = [];
    }
}
