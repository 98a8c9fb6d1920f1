using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;

namespace Ncn.Client.Streaming;

/// <summary>One open socket: sends frames one after another, and gives each frame that comes to the request that it is about.</summary>
internal sealed class SocketConnection : IDisposable
{
    private const int MaxFrameBytes = 256 * 1024 * 1024;
    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(20);

    private readonly ClientWebSocket socket;
    private readonly SemaphoreSlim turn = new(1);
    private readonly ConcurrentDictionary<string, SocketExchange> running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource ended = new();
    private int lastId;

    private SocketConnection(ClientWebSocket socket) => this.socket = socket;

    public bool IsOpen => socket.State == WebSocketState.Open && !ended.IsCancellationRequested;

    /// <exception cref="WebSocketException">Nobody answers, or it is no WebSocket.</exception>
    public static async Task<SocketConnection> OpenAsync(Uri address, CancellationToken cancellation)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("ncn.v1");
        socket.Options.KeepAliveInterval = Ping;
        socket.Options.KeepAliveTimeout = Ping;
        try
        {
            await socket.ConnectAsync(address, cancellation);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new SocketConnection(socket);
        _ = connection.ReceiveAsync();
        return connection;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, byte[]? body, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref lastId).ToString(CultureInfo.InvariantCulture);
        var exchange = new SocketExchange(id, request, SendAsync);
        running[id] = exchange;
        exchange.Ended += () => running.TryRemove(id, out _);
        await SendAsync(exchange.Frame(body));
        if (!IsOpen)
        {
            exchange.Fail(Lost());
        }

        return await exchange.ResponseAsync(cancellation);
    }

    public void Dispose()
    {
        ended.Cancel();
        socket.Dispose();
    }

    private async Task SendAsync(ReadOnlyMemory<byte> frame)
    {
        await turn.WaitAsync(ended.Token);
        try
        {
            await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, ended.Token);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        Exception end = Lost();
        try
        {
            while (await ReadAsync() is { } frame)
            {
                using (frame)
                {
                    await GiveAsync(frame.RootElement);
                }
            }

            end = new HttpRequestException($"The gateway closed the socket: {socket.CloseStatus} {socket.CloseStatusDescription}");
        }
        catch (Exception lost) when (lost is WebSocketException or OperationCanceledException or ObjectDisposedException or JsonException)
        {
            end = Lost(lost);
        }

        await ended.CancelAsync();
        foreach (var exchange in running.Values)
        {
            exchange.Fail(end);
        }
    }

    private async Task GiveAsync(JsonElement frame)
    {
        if (frame.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String && running.TryGetValue(id.GetString()!, out var exchange))
        {
            await exchange.TakeAsync(frame);
        }
    }

    private async Task<JsonDocument?> ReadAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), ended.Token);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(buffer, 0, part.Count);
            if (message.Length > MaxFrameBytes)
            {
                throw new WebSocketException(WebSocketError.Faulted, $"A frame of the gateway has more than {MaxFrameBytes} bytes.");
            }

            if (part.EndOfMessage)
            {
                return JsonDocument.Parse(message.GetBuffer().AsMemory(0, (int)message.Length));
            }
        }
    }

    private static HttpRequestException Lost(Exception? cause = null) =>
        new("The socket to the gateway is lost. Repeat the request with its Idempotency-Key: it is charged once.", cause);
}
