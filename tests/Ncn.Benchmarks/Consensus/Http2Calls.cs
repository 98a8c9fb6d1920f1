using System.Net;

namespace Ncn.Benchmarks.Consensus;

/// <summary>Calls over HTTP/2 without TLS, a few connections for all clients: the same for every contender.</summary>
internal sealed class Http2Calls : IDisposable
{
    private const int Connections = 8;
    private readonly HttpMessageInvoker[] _connections =
        [.. Enumerable.Range(0, Connections).Select(static _ => new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null }))];

    /// <summary>Posts bytes; gives the answer with its trailers read.</summary>
    public async Task<HttpResponseMessage> PostAsync(int client, Uri url, byte[] body, string type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        HttpResponseMessage response = await _connections[client % Connections].SendAsync(request, cancellationToken);
        await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return response.IsSuccessStatusCode ? response : throw new BenchmarkFailedException($"{url} answered {(int)response.StatusCode}");
    }

    public void Dispose() => Array.ForEach(_connections, static connection => connection.Dispose());
}
