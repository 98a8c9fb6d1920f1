using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Ncn.Inference.Batching;

/// <summary>The measurements of one engine, on the meter "Ncn.Inference" with the tag "model".</summary>
internal sealed class EngineMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Ncn.Inference";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Histogram<double> FirstToken = Meter.CreateHistogram<double>("ncn.inference.time_to_first_token", "s", "From a request's arrival to its first new token.");
    private static readonly Histogram<double> InterToken = Meter.CreateHistogram<double>("ncn.inference.inter_token_latency", "s", "Between two tokens of one request.");
    private static readonly Histogram<double> QueueWait = Meter.CreateHistogram<double>("ncn.inference.queue_wait", "s", "From a request's arrival until it is run.");
    private static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>("ncn.inference.batch_size", "{row}", "Rows of one run.");
    private static readonly ConcurrentDictionary<EngineMetrics, Func<EngineStatistics>> Engines = [];

    private readonly KeyValuePair<string, object?> _model;

    static EngineMetrics()
    {
        Meter.CreateObservableGauge("ncn.inference.kv_tokens", () => Observe(statistics => statistics.KvTokensUsed), "{token}", "Tokens whose keys and values are in memory.");
        Meter.CreateObservableGauge("ncn.inference.kv_capacity_tokens", () => Observe(statistics => statistics.KvTokensTotal), "{token}", "Tokens whose keys and values fit into memory.");
        Meter.CreateObservableGauge("ncn.inference.active_rows", () => Observe(statistics => statistics.ActiveRows), "{row}", "Requests that have a slot.");
        Meter.CreateObservableGauge("ncn.inference.waiting", () => Observe(statistics => statistics.Waiting), "{request}", "Requests that wait for a slot.");
    }

    /// <param name="model">The model's name, for the tag.</param>
    /// <param name="statistics">Where the gauges read.</param>
    public EngineMetrics(string model, Func<EngineStatistics> statistics)
    {
        _model = new("model", model);
        Engines[this] = statistics;
    }

    public void RecordFirstToken(TimeSpan since) => FirstToken.Record(since.TotalSeconds, _model);

    public void RecordInterToken(TimeSpan since) => InterToken.Record(since.TotalSeconds, _model);

    public void RecordQueueWait(TimeSpan since) => QueueWait.Record(since.TotalSeconds, _model);

    public void RecordBatch(int rows) => BatchSize.Record(rows, _model);

    public void Dispose() => Engines.TryRemove(this, out _);

    private static IEnumerable<Measurement<long>> Observe(Func<EngineStatistics, long> value) =>
        Engines.Select(engine => new Measurement<long>(value(engine.Value()), engine.Key._model));
}
