using System.Net;
using System.Net.WebSockets;

namespace Ncn.Client.Streaming;

/// <summary>
/// Sends HTTP requests as frames over one WebSocket to a gateway, many at a time, so that everything which works with an HttpClient works
/// over a socket too: <c>new HttpClient(new PayingHandler(payer, new SocketHandler(new Uri("ws://127.0.0.1:8081/v1/ws"))))</c>.
/// </summary>
/// <remarks>A socket that is lost is opened again with the next request; requests that ran on it fail, and are repeated with their Idempotency-Key.</remarks>
public sealed class SocketHandler(Uri socket) : HttpMessageHandler
{
    private readonly SemaphoreSlim turn = new(1);
    private SocketConnection? connection;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var body = request.Content is null ? null : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            return await (await OpenAsync(cancellationToken)).SendAsync(request, body, cancellationToken);
        }
        catch (WebSocketException lost)
        {
            throw new HttpRequestException($"The socket {socket} is lost: {lost.Message}", lost);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            connection?.Dispose();
            turn.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<SocketConnection> OpenAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            if (connection is { IsOpen: true })
            {
                return connection;
            }

            connection?.Dispose();
            connection = await SocketConnection.OpenAsync(socket, cancellation);
            return connection;
        }
        finally
        {
            turn.Release();
        }
    }
}

/// <summary>A status, headers and a body that came over a socket.</summary>
internal static class SocketResponse
{
    public static HttpResponseMessage Of(HttpRequestMessage request, int status, IEnumerable<(string Name, string Value)> headers, HttpContent content)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { RequestMessage = request, Content = content };
        foreach (var (name, value) in headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
            {
                content.Headers.Remove(name);
                content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }
}
