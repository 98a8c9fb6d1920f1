using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>A client's endpoint for webhooks (Standard Webhooks 1.0) on loopback. It refuses the first event that it gets, so that this one must come again.</summary>
internal sealed class WebhookListener : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Event> _events = [];
    private int _calls;

    private WebhookListener()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    public string Url => _app.Urls.Single() + "/told";

    /// <summary>Events that came, the refused one included.</summary>
    public IReadOnlyList<Event> Events => [.. _events];

    public static async Task<WebhookListener> StartAsync()
    {
        var listener = new WebhookListener();
        await listener._app.StartAsync();
        return listener;
    }

    /// <summary>Waits for the event about this subject.</summary>
    public Task<Event> AboutAsync(string id) => Poll.ForAsync($"a webhook tells of {id}", () =>
        Task.FromResult(_events.LastOrDefault(told => told.IsTaken && told.Json.GetProperty("data").GetProperty("id").GetString() == id)));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var isTaken = Interlocked.Increment(ref _calls) > 1;
        _events.Enqueue(new Event(
            http.Request.Headers["webhook-id"]!, http.Request.Headers["webhook-timestamp"]!, http.Request.Headers["webhook-signature"]!, await reader.ReadToEndAsync(), isTaken));
        http.Response.StatusCode = isTaken ? 204 : 503;
    }

    /// <summary>An event as it came.</summary>
    internal sealed record Event(string Id, string Timestamp, string Signature, string Body, bool IsTaken)
    {
        public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

        /// <summary>Holds the signature to the secret that the client was told.</summary>
        public void IsSignedBy(string secret)
        {
            var key = Convert.FromBase64String(secret["whsec_".Length..]);
            Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Id}.{Timestamp}.{Body}"))), Signature);
        }
    }
}
