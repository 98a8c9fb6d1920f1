using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ncn.DaprStandIns.Tests;

/// <summary>An app that hosts <see cref="ShopActor"/>, with a sidecar that keeps state in a dictionary and records all it was asked.</summary>
public sealed class ShopApp : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient http = new();

    private ShopApp(WebApplication app, RecordingSidecar sidecar, Journal journal)
    {
        this.app = app;
        Sidecar = sidecar;
        Journal = journal;
    }

    public RecordingSidecar Sidecar { get; }

    public Journal Journal { get; }

    public Uri Root => new(app.Urls.Single());

    public static async Task<ShopApp> StartAsync(Func<Recorded, Answer> sidecarAnswer, Action<ActorRuntimeOptions>? configure = null)
    {
        var sidecar = await RecordingSidecar.StartAsync(sidecarAnswer);
        var journal = new Journal();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["DAPR_HTTP_ENDPOINT"] = sidecar.Endpoint;
        builder.Configuration["DAPR_API_TOKEN"] = "secret";
        builder.Services.AddSingleton(journal);
        builder.Services.AddActors(options =>
        {
            options.UseJsonSerialization = true;
            options.Actors.RegisterActor<ShopActor>();
            configure?.Invoke(options);
        });
        var app = builder.Build();
        app.MapActorsHandlers();
        await app.StartAsync();
        return new ShopApp(app, sidecar, journal);
    }

    public async Task<(int Status, string Body)> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Root, path));
        if (body is not null)
        {
            request.Content = new StringContent(body);
        }
        using var answer = await http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Does what a sidecar does with a call of an actor: hands it to the app, headers and all, and the answer back.</summary>
    public async Task<Answer> ForwardAsync(Recorded call)
    {
        using var request = new HttpRequestMessage(new HttpMethod(call.Method), new Uri(Root, call.Target["/v1.0/".Length..]));
        request.Content = new ByteArrayContent(call.Body);
        request.Headers.TryAddWithoutValidation("X-DaprRequestHeader", call.Headers["X-DaprRequestHeader"]);
        using var answer = await http.SendAsync(request);
        (string, string)[] headers = [.. answer.Headers.Where(header => header.Key.StartsWith("X-Dapr", StringComparison.OrdinalIgnoreCase)).Select(header => (header.Key, header.Value.Single()))];
        return new Answer((int)answer.StatusCode, string.Empty, headers) { Bytes = await answer.Content.ReadAsByteArrayAsync() };
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
        await Sidecar.DisposeAsync();
    }
}
