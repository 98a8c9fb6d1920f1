using System.Diagnostics;
using System.Globalization;

namespace Ncn.LocalRuntime.Sidecars;

/// <summary>An app's whole answer, small enough to hold.</summary>
internal sealed record AppAnswer(int Status, string? ContentType, byte[] Body, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}

/// <summary>HTTP to one app on loopback. Nothing is added to or taken from requests but what the caller says.</summary>
internal sealed class AppChannel(int port)
{
    private static readonly HttpMessageInvoker Client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        ConnectTimeout = TimeSpan.FromSeconds(5),
    });

    private readonly string address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/");

    public bool Exists => port > 0;

    /// <summary>Returns when the headers are there; the body can be streamed.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, Action<HttpRequestMessage>? configure, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(method, address + path.TrimStart('/')) { Content = content };
        configure?.Invoke(request);
        return Client.SendAsync(request, cancellation);
    }

    public async Task<AppAnswer> ExchangeAsync(
        HttpMethod method, string path, byte[]? body, string? contentType, IEnumerable<KeyValuePair<string, string>>? headers, CancellationToken cancellation)
    {
        var content = body is null ? null : new ByteArrayContent(body);
        if (contentType is not null)
        {
            content?.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        using var response = await SendAsync(method, path, content, request => AddHeaders(request, headers), cancellation);
        return new AppAnswer(
            (int)response.StatusCode,
            response.Content.Headers.TryGetValues("Content-Type", out var types) ? types.First() : null,
            await response.Content.ReadAsByteArrayAsync(cancellation),
            [.. response.Headers.SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value)))]);
    }

    private static void AddHeaders(HttpRequestMessage request, IEnumerable<KeyValuePair<string, string>>? headers)
    {
        foreach (var (name, value) in headers ?? [])
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
