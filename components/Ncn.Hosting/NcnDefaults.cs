using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Ncn.Hosting.Metrics;
using OpenTelemetry;
using OpenTelemetry.Resources;

namespace Ncn.Hosting;

/// <summary>What every app of the network does the same way.</summary>
public static class NcnDefaults
{
    /// <summary>The name under which the network's own traces and metrics are published.</summary>
    public const string TelemetryName = "Ncn";

    private const string AllOurs = TelemetryName + ".*";

    /// <summary>Adds time, single-line console logs, metrics, and telemetry when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to send it.</summary>
    public static T AddNcnDefaults<T>(this T builder)
        where T : IHostApplicationBuilder
    {
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<PrometheusMetrics>();
        builder.Logging.AddSimpleConsole(static console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
        {
            AddTelemetry(builder);
        }

        return builder;
    }

    private static void AddTelemetry(IHostApplicationBuilder builder) => builder.Services.AddOpenTelemetry()
        .ConfigureResource(resource => resource.AddService(builder.Configuration["APP_ID"] ?? builder.Environment.ApplicationName))
        .WithTracing(static tracing => tracing.AddSource(TelemetryName).AddSource(AllOurs).AddSource("Microsoft.AspNetCore").AddSource("System.Net.Http"))
        .WithMetrics(static metrics => metrics.AddMeter(TelemetryName).AddMeter(AllOurs).AddMeter("Microsoft.AspNetCore.Hosting").AddMeter("System.Net.Http").AddMeter("System.Runtime"))
        .UseOtlpExporter();
}
