using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ncn.Registry.Tests;

/// <summary>
/// A sidecar whose every store the test can see: one turn at a time for each actor, state and reminders that outlive the app,
/// published messages and queued work as lists. Reminders and messages go out when the test says so.
/// </summary>
internal sealed partial class TestSidecar : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly HttpClient _http = new();
    private readonly ConcurrentDictionary<string, bool> _periodic = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.Ordinal);

    private TestSidecar()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _web = builder.Build();
        // The official SDK's default endpoint ends in a slash, so that its paths begin with two.
        _web.Use(static (http, next) =>
        {
            http.Request.Path = "/" + http.Request.Path.Value!.TrimStart('/');
            return next(http);
        });
        _web.UseRouting();
        _web.Map("/v1.0/actors/{type}/{id}/method/{method}", CallAsync);
        _web.MapGet("/v1.0/actors/{type}/{id}/state/{key}", ReadAsync);
        _web.MapPut("/v1.0/actors/{type}/{id}/state", CommitAsync);
        _web.MapPut("/v1.0/actors/{type}/{id}/reminders/{name}", RemindAsync);
        _web.MapDelete("/v1.0/actors/{type}/{id}/reminders/{name}", Forget);
        _web.MapPost("/v1.0/publish/pubsub/{topic}", PublishAsync);
        _web.MapPost("/v1.0/bindings/{name}", BindAsync);
        _web.MapGet("/v1.0/healthz/outbound", () => Results.NoContent());
    }

    internal string Endpoint => _web.Urls.Single();

    /// <summary>The app behind the sidecar.</summary>
    internal Uri? App { get; set; }

    internal ConcurrentDictionary<string, string> State { get; } = new(StringComparer.Ordinal);

    /// <summary>Name to time until it is due, milliseconds.</summary>
    internal ConcurrentDictionary<string, double> Reminders { get; } = new(StringComparer.Ordinal);

    internal ConcurrentQueue<(string Topic, string Data)> Published { get; } = new();

    internal ConcurrentQueue<(string Binding, JsonElement Request)> Work { get; } = new();

    /// <summary>Commits so far.</summary>
    internal int Commits { get; private set; }

    /// <summary>Length of the last commit's body, characters.</summary>
    internal int LastCommitLength { get; private set; }

    internal bool RefusesCommits { get; set; }

    /// <summary>Commits are done and answered with an error: what a caller sees when the connection breaks in between.</summary>
    internal bool LosesAnswersToCommits { get; set; }

    internal bool RefusesWork { get; set; }

    internal bool RefusesEvents { get; set; }

    internal static async Task<TestSidecar> StartAsync()
    {
        var sidecar = new TestSidecar();
        await sidecar._web.StartAsync();
        return sidecar;
    }

    /// <summary>Fires a reminder that is set, as the sidecar does when it is due. One with a period stays set until the app removes it.</summary>
    internal async Task FireAsync(string type, string id, string name)
    {
        var key = $"{type}/{id}/{name}";
        Assert.True(_periodic.ContainsKey(key) ? Reminders.ContainsKey(key) : Reminders.TryRemove(key, out _), $"no reminder {name} is set for {type} {id}");
        using var body = new StringContent("""{"data":"","dueTime":"0h0m0s0ms","period":""}""");
        await InTurnAsync(type, id, async () =>
        {
            using var answer = await _http.PutAsync(new Uri(App!, $"actors/{type}/{id}/method/remind/{name}"), body);
            answer.EnsureSuccessStatusCode();
            return true;
        });
    }

    /// <summary>Delivers a message to the app in the envelope that brokers use; returns the status and the body.</summary>
    internal async Task<(int Status, string Body)> DeliverAsync(string topic, string data)
    {
        using var body = new StringContent($$"""{"specversion":"1.0","id":"1","source":"test","type":"test","datacontenttype":"application/json","data":{{data}}}""");
        body.Headers.ContentType = new("application/cloudevents+json");
        using var answer = await _http.PostAsync(new Uri(App!, $"topics/{topic}"), body);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        _http.Dispose();
    }

    private async Task<T> InTurnAsync<T>(string type, string id, Func<Task<T>> turn)
    {
        var gate = _turns.GetOrAdd($"{type}/{id}", static _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync();
        try
        {
            return await turn();
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task CallAsync(HttpContext context, string type, string id, string method)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        using var answer = await InTurnAsync(type, id, async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(App!, $"actors/{type}/{id}/method/{method}"));
            request.Content = new ByteArrayContent(body.ToArray());
            request.Headers.TryAddWithoutValidation("X-DaprRequestHeader", context.Request.Headers["X-DaprRequestHeader"].ToString());
            return await _http.SendAsync(request);
        });
        context.Response.StatusCode = (int)answer.StatusCode;
        if (answer.Headers.TryGetValues("X-DaprErrorResponseHeader", out var errors))
        {
            context.Response.Headers["X-DaprErrorResponseHeader"] = errors.Single();
        }

        await context.Response.Body.WriteAsync(await answer.Content.ReadAsByteArrayAsync());
    }

    private IResult ReadAsync(string type, string id, string key) =>
        State.TryGetValue($"{type}/{id}/{key}", out var value) ? Results.Text(value, "application/json") : Results.NoContent();

    private async Task<IResult> CommitAsync(HttpContext context, string type, string id)
    {
        var operations = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
        if (RefusesCommits)
        {
            return Results.Json(new { errorCode = "ERR_ACTOR_STATE_TRANSACTION_SAVE", message = "the disk is full" }, statusCode: 500);
        }

        Commits++;
        LastCommitLength = operations.GetRawText().Length;
        foreach (var operation in operations.EnumerateArray())
        {
            var request = operation.GetProperty("request");
            var key = $"{type}/{id}/{request.GetProperty("key").GetString()}";
            if (operation.GetProperty("operation").GetString() == "upsert")
            {
                State[key] = request.GetProperty("value").GetRawText();
            }
            else
            {
                State.TryRemove(key, out _);
            }
        }

        return LosesAnswersToCommits ? Results.StatusCode(502) : Results.NoContent();
    }

    private async Task<IResult> RemindAsync(HttpContext context, string type, string id, string name)
    {
        var body = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
        if (body.GetProperty("period").GetString() is { Length: > 0 })
        {
            _periodic[$"{type}/{id}/{name}"] = true;
        }

        var due = Duration().Match(body.GetProperty("dueTime").GetString()!);
        var parts = due.Groups.Values.Skip(1).Select(part => double.Parse(part.Value, CultureInfo.InvariantCulture)).ToArray();
        Reminders[$"{type}/{id}/{name}"] = (((((parts[0] * 60) + parts[1]) * 60) + parts[2]) * 1000) + parts[3];
        return Results.NoContent();
    }

    private IResult Forget(string type, string id, string name)
    {
        Reminders.TryRemove($"{type}/{id}/{name}", out _);
        return Results.NoContent();
    }

    private async Task<IResult> PublishAsync(HttpContext context, string topic)
    {
        if (RefusesEvents)
        {
            return Results.Json(new { errorCode = "ERR_PUBSUB_PUBLISH_MESSAGE", message = "the broker is away" }, statusCode: 500);
        }

        using var reader = new StreamReader(context.Request.Body);
        Published.Enqueue((topic, await reader.ReadToEndAsync()));
        return Results.NoContent();
    }

    private async Task<IResult> BindAsync(HttpContext context, string name)
    {
        var request = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
        if (RefusesWork)
        {
            return Results.Json(new { errorCode = "ERR_INVOKE_OUTPUT_BINDING", message = "the queue is away" }, statusCode: 500);
        }

        Work.Enqueue((name, request));
        return Results.NoContent();
    }

    [GeneratedRegex("^(\\d+)h(\\d+)m(\\d+)s(\\d+)ms$")]
    private static partial Regex Duration();
}
