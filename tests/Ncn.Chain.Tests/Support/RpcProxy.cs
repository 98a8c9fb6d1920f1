using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ncn.Chain.Tests.Support;

/// <summary>A node in front of a real one that can be deaf, slow of wit, or a liar.</summary>
internal sealed class RpcProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Uri _node;
    private readonly HttpClient _http = new();

    private RpcProxy(WebApplication app, Uri node) => (_app, _node) = (app, node);

    /// <summary>The methods that were asked, in order.</summary>
    internal ConcurrentQueue<string> Asked { get; } = new();

    internal Uri Url => new(_app.Urls.Single());

    /// <summary>Answers a request; null breaks the connection off. The second argument asks the node behind.</summary>
    internal Func<JsonObject, Func<Task<JsonNode>>, Task<JsonNode?>> Answer { get; set; } = static async (_, forward) => await forward();

    internal static async Task<RpcProxy> StartAsync(Uri node)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var proxy = new RpcProxy(app, node);
        app.MapPost("/", proxy.ServeAsync);
        await app.StartAsync();
        return proxy;
    }

    internal static JsonObject Result(JsonNode? result) => new() { ["jsonrpc"] = "2.0", ["id"] = 1, ["result"] = result };

    internal static JsonObject Error(int code, string message) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = 1, ["error"] = new JsonObject { ["code"] = code, ["message"] = message } };

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task ServeAsync(HttpContext http)
    {
        var request = (JsonObject)(await JsonNode.ParseAsync(http.Request.Body))!;
        Asked.Enqueue((string)request["method"]!);
        var answer = await Answer(request, () => ForwardAsync(request));
        if (answer is null)
        {
            http.Abort();
            return;
        }

        await http.Response.WriteAsJsonAsync(answer);
    }

    private async Task<JsonNode> ForwardAsync(JsonObject request)
    {
        using var response = await _http.PostAsJsonAsync(_node, request);
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
