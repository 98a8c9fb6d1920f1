using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
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
        AddConsole(builder);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
        {
            AddTelemetry(builder);
        }

        return builder;
    }

    // One line for a person, or one JSON object with every member of the message for a collector (Logging:Console:FormatterName = json).
    private static void AddConsole(IHostApplicationBuilder builder)
    {
        const string timestamps = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        if (builder.Configuration["Logging:Console:FormatterName"] == ConsoleFormatterNames.Json)
        {
            builder.Logging.AddJsonConsole(static console => (console.TimestampFormat, console.UseUtcTimestamp) = (timestamps.TrimEnd(), true));
            return;
        }

        builder.Logging.AddSimpleConsole(static console =>
            (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, timestamps, true));
    }

    private static void AddTelemetry(IHostApplicationBuilder builder) => builder.Services.AddOpenTelemetry()
        .ConfigureResource(resource => resource.AddService(builder.Configuration["APP_ID"] ?? builder.Environment.ApplicationName))
        .WithTracing(static tracing => tracing.AddSource(TelemetryName).AddSource(AllOurs).AddSource("Microsoft.AspNetCore").AddSource("System.Net.Http"))
        .WithMetrics(static metrics => metrics.AddMeter(TelemetryName).AddMeter(AllOurs).AddMeter("Microsoft.AspNetCore.Hosting").AddMeter("System.Net.Http").AddMeter("System.Runtime"))
        .WithLogging()
        .UseOtlpExporter();
}
