using System.Net;
using Microsoft.Extensions.Options;
using Ncn.GatewayStream.Listening;
using Ncn.Serving.Hosting;
using Ncn.Serving.Observability;
using Ncn.Serving.Oip.Grpc;
using Ncn.Serving.Streaming;
using Ncn.Serving.Streaming.Sockets;

namespace Ncn.GatewayStream;

/// <summary>Composes the app: where it listens and what it answers.</summary>
internal static class StreamEdge
{
    private const int DefaultPort = 8081;
    private const int DefaultMaxBody = 4 * 1024 * 1024;

    public static WebApplicationBuilder AddStreamEdge(this WebApplicationBuilder builder)
    {
        var maxBody = builder.Configuration.GetValue("Ncn:Gateway:MaxBodyBytes", DefaultMaxBody);
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = maxBody);

        // Kestrel warns that it cannot tell the protocols apart without TLS; here the first bytes tell it.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        builder.WebHost.ConfigureKestrel((context, kestrel) =>
        {
            // An HTTP/2 client without TLS says so in its requests, and the connection is presumed to be one with TLS: see OnePort.
            kestrel.AllowAlternateSchemes = true;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
            kestrel.Listen(
                IPAddress.Parse(context.Configuration["Ncn:Stream:BindAddress"] ?? IPAddress.Loopback.ToString()),
                context.Configuration.GetValue("APP_PORT", DefaultPort), static listen => listen.UseBothProtocols());
        });
        return builder;
    }

    public static void MapStreamEdge(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<StreamOptions>>().Value;
        app.MapGet("/healthz", HealthEndpoint.LiveAsync);
        app.MapGet("/readyz", static http => http.RequestServices.GetRequiredService<HealthEndpoint>().ReadyAsync(http));
        app.MapGet("/metrics", static http => http.RequestServices.GetRequiredService<HealthEndpoint>().MetricsAsync(http));
        if (options.Serves is "both" or "grpc")
        {
            app.MapGrpcService<InferenceService>();
        }

        if (options.Serves is "both" or "websocket")
        {
            app.UseWebSockets();
            app.MapGet(SocketEndpoint.Route, static http => http.RequestServices.GetRequiredService<SocketEndpoint>().HandleAsync(http));
            app.UseFrameRoutes();
        }

        app.MapFallback(UnknownUrl.WriteAsync);
    }
}
