using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Ncn.Hosting.Metrics;
using Ncn.Tests.Prometheus;

namespace Ncn.Hosting.Tests.Metrics;

public sealed class PrometheusMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly IMeterFactory _factory;
    private readonly PrometheusMetrics _metrics;
    private readonly Meter _meter;

    public PrometheusMetricsTests()
    {
        _factory = _services.GetRequiredService<IMeterFactory>();
        _metrics = new PrometheusMetrics(_factory);
        _meter = _factory.Create("Ncn.Test");
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void Counters_add_up_and_end_in_total()
    {
        Counter<long> jobs = _meter.CreateCounter<long>("ncn.test.jobs", "{job}", "Jobs that ended.");
        jobs.Add(2, new("path", "direct"), new("outcome", "stop"));
        jobs.Add(3, new("outcome", "stop"), new KeyValuePair<string, object?>("path", "direct"));
        jobs.Add(1, new KeyValuePair<string, object?>("path", "queued"));
        _meter.CreateCounter<double>("ncn.test.busy", "s").Add(0.25);
        ParsedMetrics parsed = Collect();
        Assert.Equal(("counter", "Jobs that ended."), (parsed.TypeOf["ncn_test_jobs_total"], parsed.HelpOf["ncn_test_jobs_total"]));
        Assert.Equal(5, parsed["ncn_test_jobs_total{outcome=\"stop\",path=\"direct\"}"]);
        Assert.Equal(1, parsed["ncn_test_jobs_total{path=\"queued\"}"]);
        Assert.Equal(0.25, parsed["ncn_test_busy_seconds_total"]);
    }

    [Fact]
    public void Gauges_and_changes_up_and_down_are_values_now()
    {
        Gauge<int> slots = _meter.CreateGauge<int>("ncn.test.slots");
        slots.Record(4);
        slots.Record(3);
        UpDownCounter<long> running = _meter.CreateUpDownCounter<long>("ncn.test.running");
        running.Add(5);
        running.Add(-2);
        ParsedMetrics parsed = Collect();
        Assert.Equal(("gauge", 3), (parsed.TypeOf["ncn_test_slots"], parsed["ncn_test_slots"]));
        Assert.Equal(("gauge", 3), (parsed.TypeOf["ncn_test_running"], parsed["ncn_test_running"]));
    }

    [Fact]
    public void Observed_values_are_asked_for_at_each_collection_and_vanish_when_they_are_told_no_more()
    {
        List<Measurement<long>> models = [new(7, new KeyValuePair<string, object?>("model", "a")), new(8, new KeyValuePair<string, object?>("model", "b"))];
        _meter.CreateObservableGauge("ncn.test.memory", () => models, "By");
        _meter.CreateObservableCounter("ncn.test.seen", () => 40L);
        Collect();
        models.RemoveAt(0);
        ParsedMetrics parsed = Collect();
        Assert.Equal(8, parsed["ncn_test_memory_bytes{model=\"b\"}"]);
        Assert.DoesNotContain("ncn_test_memory_bytes{model=\"a\"}", parsed.Samples.Keys);
        Assert.Equal(40, parsed["ncn_test_seen_total"]);
    }

    [Fact]
    public void A_measurement_falls_into_the_bucket_whose_bound_it_does_not_exceed()
    {
        Histogram<double> wait = _meter.CreateHistogram<double>("ncn.test.wait", "s", "Waiting.", tags: null, new() { HistogramBucketBoundaries = [0.1, 1] });
        foreach (double seconds in new[] { 0.05, 0.1, 0.5, 3 })
        {
            wait.Record(seconds, new KeyValuePair<string, object?>("model", "a"));
        }

        Histogram<int> rows = _meter.CreateHistogram<int>("ncn.test.rows", "{row}");
        rows.Record(3);
        ParsedMetrics parsed = Collect();
        Assert.Equal(
            [2, 3, 4, 4, 3.65],
            [
                parsed["ncn_test_wait_seconds_bucket{model=\"a\",le=\"0.1\"}"], parsed["ncn_test_wait_seconds_bucket{model=\"a\",le=\"1\"}"],
                parsed["ncn_test_wait_seconds_bucket{model=\"a\",le=\"+Inf\"}"], parsed["ncn_test_wait_seconds_count{model=\"a\"}"],
                Math.Round(parsed["ncn_test_wait_seconds_sum{model=\"a\"}"], 9),
            ]);
        Assert.Equal((0, 1), (parsed["ncn_test_rows_bucket{le=\"2\"}"], parsed["ncn_test_rows_bucket{le=\"4\"}"]));
    }

    [Fact]
    public void Hostile_names_and_labels_still_give_valid_text()
    {
        _meter.CreateCounter<long>("ncn..2 weird-name/é", "km/h", "a \\ b\nc").Add(
            1, new("a.b", "x\"y\\z\nw"), new("a_b", "second"), new KeyValuePair<string, object?>("9", null));
        _meter.CreateGauge<double>("1st").Record(double.NegativeInfinity, new KeyValuePair<string, object?>("long", new string('x', 1000)));
        _meter.CreateGauge<double>("nan").Record(double.NaN);
        _meter.CreateHistogram<double>("bounded").Record(1, new KeyValuePair<string, object?>("le", "mine"));
        ParsedMetrics parsed = Collect();
        Assert.Equal(1, parsed["ncn_2_weird_name_km_h_total{_9=\"\",a_b=\"x\\\"y\\\\z\\nw;second\"}"]);
        Assert.Equal("a \\ b\nc", parsed.HelpOf["ncn_2_weird_name_km_h_total"]);
        Assert.Equal(double.NegativeInfinity, parsed[$"_1st{{long=\"{new string('x', 256)}\"}}"]);
        Assert.Equal(double.NaN, parsed["nan"]);
        Assert.Equal(1, parsed["bounded_count{exported_le=\"mine\"}"]);
    }

    [Fact]
    public void Beyond_the_limit_of_series_all_are_counted_together()
    {
        Counter<long> calls = _meter.CreateCounter<long>("ncn.test.calls");
        for (int i = 0; i < 1000; i++)
        {
            calls.Add(1, new KeyValuePair<string, object?>("caller", i));
        }

        calls.Add(1, new KeyValuePair<string, object?>("caller", 0));
        ParsedMetrics parsed = Collect();
        Assert.Equal(201, parsed.Samples.Count(sample => sample.Key.StartsWith("ncn_test_calls_total", StringComparison.Ordinal)));
        Assert.Equal(800, parsed["ncn_test_calls_total{otel_metric_overflow=\"true\"}"]);
        Assert.Equal(2, parsed["ncn_test_calls_total{caller=\"0\"}"]);
    }

    [Fact]
    public void A_name_belongs_to_the_first_kind_that_takes_it_and_to_all_instruments_of_that_kind()
    {
        _meter.CreateHistogram<double>("ncn.test.size").Record(1);
        using var second = new Meter("Ncn.Test.Second");
        second.CreateHistogram<double>("ncn.test.size").Record(2);
        second.CreateGauge<double>("ncn.test.size").Record(100);
        Assert.Equal(3, Collect()["ncn_test_size_sum"]);
    }

    [Fact]
    public void Other_meters_and_those_of_another_app_are_not_heard()
    {
        using ServiceProvider other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        other.GetRequiredService<IMeterFactory>().Create("Ncn.Test").CreateCounter<long>("ncn.test.theirs").Add(1);
        using var stranger = new Meter("Ncnx");
        stranger.CreateCounter<long>("ncnx.calls").Add(1);
        Assert.DoesNotContain(Collect().Samples.Keys, name => name.StartsWith("ncn_test_theirs", StringComparison.Ordinal) || name.StartsWith("ncnx", StringComparison.Ordinal));
    }

    [Fact]
    public void The_runtimes_own_memory_and_collections_are_there()
    {
        GC.Collect();
        ParsedMetrics parsed = Collect();
        Assert.True(parsed["dotnet_process_memory_working_set_bytes"] > 1_000_000);
        Assert.Contains(parsed.Samples.Keys, name => name.StartsWith("dotnet_gc_collections_total{", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_lost_when_many_measure_at_once_while_it_is_collected()
    {
        Counter<long> jobs = _meter.CreateCounter<long>("ncn.test.jobs");
        Histogram<double> wait = _meter.CreateHistogram<double>("ncn.test.wait", "s");
        Parallel.For(0, 8, worker =>
        {
            for (int i = 0; i < 2000; i++)
            {
                jobs.Add(1, new KeyValuePair<string, object?>("worker", worker % 4));
                wait.Record(0.001 * i);
                _ = i % 500 == 0 ? _metrics.Collect() : null;
            }
        });
        ParsedMetrics parsed = Collect();
        Assert.All(Enumerable.Range(0, 4), worker => Assert.Equal(4000, parsed[$"ncn_test_jobs_total{{worker=\"{worker}\"}}"]));
        Assert.Equal(16_000, parsed["ncn_test_wait_seconds_count"]);
    }

    private ParsedMetrics Collect() => ParsedMetrics.Parse(_metrics.Collect());
}
