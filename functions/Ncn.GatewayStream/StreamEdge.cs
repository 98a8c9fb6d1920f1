using System.Net;
using Microsoft.Extensions.Options;
using Ncn.GatewayStream.Listening;
using Ncn.Serving.Hosting;
using Ncn.Serving.Oip.Grpc;
using Ncn.Serving.Routing;
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
        app.MapGet("/healthz", static http => http.Response.WriteAsync("healthy", http.RequestAborted));
        app.MapGet("/readyz", ReadyAsync);
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

    private static async Task ReadyAsync(HttpContext http)
    {
        try
        {
            await http.RequestServices.GetRequiredService<RoutingTable>().GetAsync(http.RequestAborted);
            await http.Response.WriteAsync("ready", http.RequestAborted);
        }
        catch (Exception unreachable) when (unreachable is not OperationCanceledException)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await http.Response.WriteAsync("The registry cannot be reached; this app becomes ready when it can.", http.RequestAborted);
        }
    }
}
