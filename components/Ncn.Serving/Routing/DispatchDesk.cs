using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Ncn.Coordination.Dispatch;
using Ncn.Serving.Observability;

namespace Ncn.Serving.Routing;

/// <summary>Keeps the dispatcher's state for this process and gives it time and luck; what its outputs ask for is the run's to do.</summary>
public sealed class DispatchDesk
{
    private readonly Lock _turn = new();
    private readonly TimeProvider _time;
    private readonly SubnetTerms _terms;
    private DispatchRules _rules;
    private DispatchState _state = DispatchState.Empty;
    private ulong _runs;

    public DispatchDesk(IOptions<RoutingOptions> routing, SubnetTerms terms, GatewayMetrics metrics, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(routing);
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(metrics);
        (_time, _terms) = (time, terms);
        _rules = new DispatchRules
        {
            MarginBasisPoints = terms.MarginBasisPoints,
            HedgePercent = (uint)routing.Value.HedgePercent,
            LeastHedge = (ulong)routing.Value.LeastHedgeMilliseconds,
            HedgeSamples = (uint)routing.Value.HedgeSamples,
            Ejection = (ulong)routing.Value.EjectionMilliseconds,
            Patience = (ulong)routing.Value.PatienceSeconds * 1000,
        };
        Observe(metrics);
    }

    /// <summary>What is known now; changes with the next step.</summary>
    public DispatchState State => Volatile.Read(ref _state);

    /// <summary>Now, as the dispatcher counts time: unix milliseconds.</summary>
    internal ulong Now => (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A number for a new run.</summary>
    internal ulong NextRun() => Interlocked.Increment(ref _runs);

    /// <summary>64 random bits.</summary>
    internal static ulong Draw()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        return BitConverter.ToUInt64(random);
    }

    /// <summary>The subnet's nodes are these.</summary>
    internal void Replace(ImmutableArray<DispatchOffer> offers) => Apply(new DispatchInput.Nodes(Now, offers));

    /// <summary>One step.</summary>
    internal IReadOnlyList<DispatchOutput> Apply(DispatchInput input)
    {
        lock (_turn)
        {
            _rules = _rules.MarginBasisPoints == _terms.MarginBasisPoints ? _rules : _rules with { MarginBasisPoints = _terms.MarginBasisPoints };
            (var next, var outputs) = Dispatcher.Apply(_state, input, _rules);
            Volatile.Write(ref _state, next);
            return outputs;
        }
    }

    private void Observe(GatewayMetrics metrics)
    {
        metrics.Observe("ncn.gateway.node_first_token", "s", "Average time to the first token, by node.", () => Read(static health => health.FirstTokenMicroseconds / 1e6));
        metrics.Observe("ncn.gateway.node_in_flight", "{request}", "Requests that this gateway runs on a node.", () => Read(static health => health.InFlight));
        metrics.Observe("ncn.gateway.node_strikes", "{ejection}", "Times in a row that a node was left out for failing or being slow.", () => Read(static health => health.Strikes));
    }

    private IEnumerable<Measurement<double>> Read(Func<NodeHealth, double> value) =>
        State.Health.Select(entry => new Measurement<double>(value(entry.Value), new KeyValuePair<string, object?>("node", entry.Key.ToString())));
}
