using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Ncn.Hosting.Metrics;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Serving.Observability;

namespace Ncn.Serving.Tests.Observability;

/// <summary>What a gateway counts, and that it costs nothing while nobody listens.</summary>
public sealed class GatewayMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton(TimeProvider.System)
        .AddSingleton<PrometheusMetrics>().AddSingleton<GatewayMetrics>().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Nothing_is_allocated_while_nobody_listens()
    {
        var metrics = _services.GetRequiredService<GatewayMetrics>();
        for (var warmUp = 0; warmUp < 100; warmUp++)
        {
            MeasureAll(metrics);
        }

        // A collection that another test causes is counted as up to 8 KiB of this thread; not in every round.
        Assert.Equal(0, Enumerable.Range(0, 10).Min(_ => AllocatedBy(metrics)));
    }

    private static long AllocatedBy(GatewayMetrics metrics)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            MeasureAll(metrics);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void Numbers_have_the_names_and_labels_that_the_README_states()
    {
        var prometheus = _services.GetRequiredService<PrometheusMetrics>();
        var metrics = _services.GetRequiredService<GatewayMetrics>();
        MeasureAll(metrics);
        metrics.Observe("ncn.gateway.waiting", "{request}", "Waiting.", static () => [new Measurement<double>(3, new KeyValuePair<string, object?>("model", "tiny-chat"))]);
        var text = prometheus.Collect();
        foreach (var line in (string[])
        [
            "ncn_gateway_requests_total{outcome=\"200\",route=\"/v1/chat/completions\"} 1",
            "ncn_gateway_request_duration_seconds_count{route=\"/v1/chat/completions\"} 1",
            "ncn_gateway_stage_duration_seconds_count{stage=\"hold\"} 1",
            "ncn_gateway_shed_total{reason=\"overloaded\"} 1",
            "ncn_gateway_attempts_total{outcome=\"stop\"} 1",
            "ncn_gateway_tokens_total{kind=\"prompt\",model=\"tiny-chat\"} 5",
            "ncn_gateway_tokens_total{kind=\"completion\",model=\"tiny-chat\"} 7",
            "ncn_gateway_money_units_total{kind=\"charged\"} 132",
            "ncn_gateway_waiting{model=\"tiny-chat\"} 3",
        ])
        {
            Assert.Contains(line, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("ncn_gateway_rows_total{", text, StringComparison.Ordinal);
    }

    private static void MeasureAll(GatewayMetrics metrics)
    {
        using (metrics.Begin(Stage.Hold))
        {
            metrics.Money(MoneyKind.Charged, new TokenAmount(132));
        }

        metrics.Use("tiny-chat", new Usage(5, 7, 0));
        metrics.Attempt("stop");
        metrics.Shed("overloaded");
        metrics.Request("/v1/chat/completions", CallWatch.Text(200), TimeSpan.FromMilliseconds(3));
    }
}
