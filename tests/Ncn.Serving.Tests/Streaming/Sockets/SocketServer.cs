using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Serving.Streaming;
using Ncn.Serving.Streaming.Sockets;

namespace Ncn.Serving.Tests.Streaming.Sockets;

/// <summary>A real server whose frames go to endpoints that a test brings.</summary>
internal sealed class SocketServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SocketServer(WebApplication app) => _app = app;

    public Uri Address => new UriBuilder(_app.Urls.Single()) { Scheme = "ws", Path = SocketEndpoint.Route }.Uri;

    public static async Task<SocketServer> StartAsync(RequestDelegate endpoint, Action<StreamOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddNcnStreams();
        builder.Services.Configure<StreamOptions>(options => configure?.Invoke(options));
        var app = builder.Build();
        app.Services.GetRequiredService<FramePipeline>().Use(endpoint);
        app.UseWebSockets();
        app.MapGet(SocketEndpoint.Route, static http => http.RequestServices.GetRequiredService<SocketEndpoint>().HandleAsync(http));
        await app.StartAsync();
        return new SocketServer(app);
    }

    public async Task<SocketClient> ConnectAsync()
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(SocketEndpoint.Protocol);
        await socket.ConnectAsync(Address, CancellationToken.None);
        return new SocketClient(socket);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

/// <summary>A client that sends and reads frames, each within a minute.</summary>
internal sealed class SocketClient(ClientWebSocket socket) : IDisposable
{
    private readonly byte[] _buffer = new byte[1024 * 1024];

    public ClientWebSocket Socket => socket;

    public Task SendAsync(string frame) => SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text);

    public async Task SendAsync(byte[] bytes, WebSocketMessageType type)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await socket.SendAsync(bytes, type, endOfMessage: true, limit.Token);
    }

    /// <summary>The next frame; null when the server closes.</summary>
    public async Task<JsonElement?> ReadAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var count = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(_buffer.AsMemory(count), limit.Token);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            count += part.Count;
            if (part.EndOfMessage)
            {
                return JsonSerializer.Deserialize<JsonElement>(_buffer.AsSpan(0, count));
            }
        }
    }

    /// <summary>Reads until the server closes, and returns why it did.</summary>
    public async Task<WebSocketCloseStatus?> ReadToCloseAsync()
    {
        while (await ReadAsync() is not null)
        {
            // Frames that were under way.
        }

        return socket.CloseStatus;
    }

    public void Dispose() => socket.Dispose();
}
