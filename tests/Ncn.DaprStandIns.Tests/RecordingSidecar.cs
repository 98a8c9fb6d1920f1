using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ncn.DaprStandIns.Tests;

/// <summary>What the sidecar was sent.</summary>
public sealed record Recorded(string Method, string Target, string? ContentType, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>What the sidecar answers.</summary>
public sealed record Answer(int Status, string Body = "", params (string Name, string Value)[] Headers)
{
    public byte[] Bytes { get; init; } = Encoding.UTF8.GetBytes(Body);
}

/// <summary>Stands where a sidecar would: records every request and answers what the test says.</summary>
public sealed class RecordingSidecar : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly List<Recorded> requests = [];

    private RecordingSidecar(Func<Recorded, Task<Answer>> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(async context =>
        {
            var recorded = await RecordAsync(context);
            lock (requests)
            {
                requests.Add(recorded);
            }
            await SendAsync(context, await answer(recorded));
        });
    }

    public string Endpoint => app.Urls.Single();

    public IReadOnlyList<Recorded> Requests
    {
        get
        {
            lock (requests)
            {
                return [.. requests];
            }
        }
    }

    public Recorded Single => Assert.Single(Requests);

    public static Task<RecordingSidecar> StartAsync(Answer answer) => StartAsync(_ => answer);

    public static Task<RecordingSidecar> StartAsync(Func<Recorded, Answer> answer) => StartAsync(recorded => Task.FromResult(answer(recorded)));

    public static async Task<RecordingSidecar> StartAsync(Func<Recorded, Task<Answer>> answer)
    {
        var sidecar = new RecordingSidecar(answer);
        await sidecar.app.StartAsync();
        return sidecar;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static async Task<Recorded> RecordAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        return new Recorded(context.Request.Method, target, context.Request.ContentType, headers, body.ToArray());
    }

    private static async Task SendAsync(HttpContext context, Answer answer)
    {
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }
        if (answer.Bytes.Length > 0)
        {
            await context.Response.Body.WriteAsync(answer.Bytes);
        }
    }
}
