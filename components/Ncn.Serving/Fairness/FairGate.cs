using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Ncn.Coordination.Admission;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Observability;
using Ncn.Serving.Payments;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Fairness;

/// <summary>
/// The gate between a request's price and its reservation: as many pass as nodes have places, and some that overflow into the network's
/// queue; the others wait in a bounded line, which payers share fairly.
/// </summary>
public sealed class FairGate : IDisposable
{
    private readonly ConcurrentDictionary<string, FairLine> _lines = new(StringComparer.Ordinal);
    private readonly AdmissionOptions _options;
    private readonly FairQueueLimits _limits;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private ulong _lastId;

    public FairGate(IOptions<AdmissionOptions> options, GatewayMetrics metrics, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(metrics);
        (_options, _metrics, _time) = (options.Value, metrics, time);
        _limits = new FairQueueLimits
        {
            MaxWaiting = _options.MaxWaiting,
            MaxWaitingPerPayer = _options.MaxWaitingPerPayer,
            MaxSlotsPerPayer = _options.MaxRunningPerPayer,
        };
        metrics.Observe("ncn.gateway.running", "{request}", "Requests that were let in and run, by model.", () => Read(static load => load.Slots));
        metrics.Observe("ncn.gateway.waiting", "{request}", "Requests that wait for their turn, by model.", () => Read(static load => load.Waiting));
    }

    /// <summary>
    /// Completes when the request's turn has come. Throws <see cref="ApiException"/> 429 or 503 when it is sent away.
    /// </summary>
    internal async ValueTask<GatePass> EnterAsync(ClientCall call, Order order, PricedOrder priced, ClientPayment? payment)
    {
        var line = _lines.TryGetValue(order.Model, out var known) ? known : _lines.GetOrAdd(order.Model, model => new FairLine(model, _limits, _time));
        var applicant = Apply(call, order, priced, payment);
        var begun = _time.GetTimestamp();
        try
        {
            var entering = line.EnterAsync(applicant, PlacesOf(priced), isAll: order.Node is null, call.Gone);
            var isImmediate = entering.IsCompletedSuccessfully;
            var count = await entering;
            return new GatePass(line, applicant, isImmediate ? TimeSpan.Zero : _time.GetElapsedTime(begun), Limit, Math.Max(0, Limit - count));
        }
        catch (ApiException refused)
        {
            _metrics.Shed(refused.Error.Code);
            throw;
        }
    }

    /// <summary>Requests that one payer may have at one model, running and waiting.</summary>
    public int Limit => _limits.MaxSlotsPerPayer + _limits.MaxWaitingPerPayer;

    public void Dispose()
    {
        foreach (var line in _lines.Values)
        {
            line.Dispose();
        }
    }

    private Applicant Apply(ClientCall call, Order order, PricedOrder priced, ClientPayment? payment)
    {
        var now = (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds();
        var work = ((ulong)order.Limit.PromptTokens + order.Limit.CompletionTokens + order.Limit.Rows) * (ulong)order.Inputs.Count;
        return new Applicant(
            Interlocked.Increment(ref _lastId), Payers.Of(call, payment), priced.Ceiling, Math.Max(1, work), order.Inputs.Count,
            order.Priority, now, now + ((ulong)_options.WaitSeconds * 1000));
    }

    private int PlacesOf(PricedOrder priced)
    {
        var places = (long)_options.OverflowSlots;
        for (var i = 0; i < priced.Offers.Count; i++)
        {
            places += priced.Offers[i].Node.Slots;
        }

        return (int)Math.Min(places, int.MaxValue);
    }

    private IEnumerable<Measurement<double>> Read(Func<(int Slots, int Waiting), int> part) =>
        _lines.Select(line => new Measurement<double>(part(line.Value.Load), new KeyValuePair<string, object?>("model", line.Key)));
}

/// <summary>A request's place among those that run, until it is disposed of.</summary>
/// <param name="waited">How long the request waited for it.</param>
/// <param name="limit">Requests that its payer may have.</param>
/// <param name="remaining">How many more it may send now.</param>
internal sealed class GatePass(FairLine line, Applicant applicant, TimeSpan waited, int limit, int remaining) : IDisposable
{
    private int _isGiven;

    public TimeSpan Waited { get; } = waited;

    public int Limit { get; } = limit;

    public int Remaining { get; } = remaining;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isGiven, 1) == 0)
        {
            line.End(applicant);
        }
    }
}
