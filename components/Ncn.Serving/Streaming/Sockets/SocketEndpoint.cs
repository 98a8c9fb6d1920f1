using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Streaming.Calls;

namespace Ncn.Serving.Streaming.Sockets;

/// <summary><c>GET /v1/ws</c>: the WebSocket. Frames are described in functions/Ncn.GatewayStream/README.md.</summary>
public sealed class SocketEndpoint(
    FramePipeline pipeline, IOptions<StreamOptions> options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<SocketEndpoint> log)
{
    /// <summary>Where it is.</summary>
    public const string Route = "/v1/ws";

    /// <summary>The subprotocol; a client that names none gets the same.</summary>
    public const string Protocol = "ncn.v1";

    private int _open;

    public async Task HandleAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.Headers.Upgrade = "websocket";
            await OpenAiError.WriteAsync(http, new ApiError(426, "upgrade_required", $"{Route} is a WebSocket: send a WebSocket handshake."));
            return;
        }

        if (Interlocked.Increment(ref _open) > options.Value.MaxSockets || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            Interlocked.Decrement(ref _open);
            await OpenAiError.WriteAsync(http, new ApiError(503, "too_many_sockets", "All sockets of this gateway are taken; try again in a moment.") { RetryAfterSeconds = 2 });
            return;
        }

        try
        {
            await ServeAsync(http);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task ServeAsync(HttpContext http)
    {
        // A socket may be silent for long, either way: it has limits of its own.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = http.WebSockets.WebSocketRequestedProtocols.Contains(Protocol) ? Protocol : null,
            KeepAliveInterval = TimeSpan.FromSeconds(options.Value.PingSeconds),
            KeepAliveTimeout = TimeSpan.FromSeconds(options.Value.PingSeconds),
        });
        using var session = new SocketSession(socket, SocketPeer.Of(http), pipeline, options.Value, time, log);
        await session.RunAsync(lifetime.ApplicationStopping);
    }
}
