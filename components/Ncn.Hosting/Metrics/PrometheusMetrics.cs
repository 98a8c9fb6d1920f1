using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Ncn.Hosting.Metrics;

/// <summary>
/// Listens to this process's meters and keeps what Prometheus asks for. It hears the network's own meters (<c>Ncn</c> and <c>Ncn.…</c>),
/// the runtime's (<c>System.Runtime</c>: memory, garbage collection, threads) and the web server's.
/// </summary>
/// <remarks>A meter that belongs to another app in this process (another <see cref="IMeterFactory"/>) is not heard.</remarks>
public sealed class PrometheusMetrics : IDisposable
{
    private static readonly double[] Seconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120];
    private static readonly double[] Bytes = [.. Enumerable.Range(0, 10).Select(static step => 1024 * Math.Pow(4, step))];
    private static readonly double[] Counts = [.. Enumerable.Range(0, 11).Select(static step => Math.Pow(2, step))];

    private readonly IMeterFactory _factory;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly Lock _collecting = new();

    /// <summary>Begins to listen.</summary>
    public PrometheusMetrics(IMeterFactory factory)
    {
        _factory = factory;
        _listener.InstrumentPublished = Publish;
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => Take(value, tags, state));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => Take(value, tags, state));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Take(value, tags, state));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Take(value, tags, state));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => Take(value, tags, state));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Take(value, tags, state));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => Take((double)value, tags, state));
        _listener.Start();
    }

    /// <summary>All families as they are now, in the Prometheus text format.</summary>
    public string Collect()
    {
        lock (_collecting)
        {
            foreach (var family in _families.Values.Where(static family => family.IsObserved))
            {
                family.Clear();
            }

            _listener.RecordObservableInstruments();
            return PrometheusText.Write(_families.Values);
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? family) =>
        ((MetricFamily)family!).Take(value, tags);

    private void Publish(Instrument instrument, MeterListener listener)
    {
        if (!IsHeard(instrument.Meter) || KindOf(instrument) is not { } kind)
        {
            return;
        }

        var name = PrometheusName.Of(instrument, kind);
        var family = _families.GetOrAdd(name, _ => new MetricFamily(
            name, kind, instrument.Description ?? string.Empty, kind == PrometheusKind.Histogram ? BoundsOf(instrument) : [],
            instrument.IsObservable, isSet: instrument.IsObservable || DefinitionOf(instrument) == typeof(Gauge<>)));

        // A name of two kinds would be no valid text; the first one keeps it.
        if (family.Kind == kind && family.IsObserved == instrument.IsObservable)
        {
            listener.EnableMeasurementEvents(instrument, family);
        }
    }

    private bool IsHeard(Meter meter) =>
        (meter.Name is "Ncn" or "System.Runtime" or "Microsoft.AspNetCore.Hosting" || meter.Name.StartsWith("Ncn.", StringComparison.Ordinal))
        && (meter.Scope is not IMeterFactory owner || ReferenceEquals(owner, _factory));

    private static PrometheusKind? KindOf(Instrument instrument)
    {
        var definition = DefinitionOf(instrument);
        return definition == typeof(Counter<>) || definition == typeof(ObservableCounter<>) ? PrometheusKind.Counter
            : definition == typeof(Histogram<>) ? PrometheusKind.Histogram
            : definition == typeof(Gauge<>) || definition == typeof(ObservableGauge<>)
                || definition == typeof(UpDownCounter<>) || definition == typeof(ObservableUpDownCounter<>) ? PrometheusKind.Gauge
            : null;
    }

    private static Type? DefinitionOf(Instrument instrument) =>
        instrument.GetType() is { IsGenericType: true } type ? type.GetGenericTypeDefinition() : null;

    private static double[] BoundsOf(Instrument instrument) => Advised(instrument) ?? instrument.Unit switch
    {
        "s" => Seconds,
        "By" => Bytes,
        _ => Counts,
    };

    private static double[]? Advised(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds],
        Histogram<float> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds.Select(static bound => (double)bound)],
        Histogram<long> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds.Select(static bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds.Select(static bound => (double)bound)],
        _ => null,
    };
}
