using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ncn.EndToEnd.Tests.Documents;

/// <summary>One call and its answer, as they went over the wire.</summary>
internal sealed record Exchange(string Method, string Path, byte[] Request, int Status, string Type, byte[] Answer);

/// <summary>Stands between a client and a gateway and writes down what passes.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly ConcurrentQueue<Exchange> _exchanges = [];

    private RecordingProxy(Uri target)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(http => PassAsync(http, target));
    }

    /// <summary>What has passed.</summary>
    public IReadOnlyList<Exchange> Exchanges => [.. _exchanges];

    /// <summary>Its own address, with a slash at its end.</summary>
    public string Address => _app.Urls.Single() + "/";

    public static async Task<RecordingProxy> StartAsync(Uri target)
    {
        var proxy = new RecordingProxy(target);
        await proxy._app.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task PassAsync(HttpContext http, Uri target)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        using var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), new Uri(target, http.Request.Path + http.Request.QueryString));
        if (body.Length > 0)
        {
            request.Content = new ByteArrayContent(body.ToArray());
            request.Content.Headers.TryAddWithoutValidation("Content-Type", http.Request.ContentType);
        }

        foreach (var (name, value) in http.Request.Headers.Where(static header => !header.Key.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && header.Key is not ("Host" or "Transfer-Encoding" or "Connection")))
        {
            request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value);
        }

        using var answer = await _http.SendAsync(request);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        _exchanges.Enqueue(new Exchange(http.Request.Method, http.Request.Path, body.ToArray(), (int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType ?? "", bytes));
        http.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, value) in answer.Headers.Where(static header => header.Key is not ("Transfer-Encoding" or "Connection" or "Date")))
        {
            http.Response.Headers[name] = value.ToArray();
        }

        http.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await http.Response.Body.WriteAsync(bytes);
    }
}
