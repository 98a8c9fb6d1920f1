using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Routing.Peers;

namespace Ncn.Serving.Tests.Routing.Peers;

/// <summary>A gateway over real HTTP that says what a test wants.</summary>
internal sealed class StagedPeer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource _curtain = new();
    private int _calls;

    private StagedPeer(string name, byte key, string[] models)
    {
        Name = name;
        Signer = new Signer(Enumerable.Repeat(key, 32).ToArray());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Use(async (http, next) =>
        {
            await (Hangs ? _curtain.Task : Task.CompletedTask);
            await next(http);
        });
        _app.MapGet("/v1/models", () => IsDown ? Results.StatusCode(503) : Results.Json(new { data = models.Select(static id => new { id }) }));
        _app.MapGet("/ncn/v1/subnet", () => Results.Json(new { gateway = Signer.Address.ToString() }));
        _app.MapPost("/v1/chat/completions", async (HttpContext http) =>
        {
            Interlocked.Increment(ref _calls);
            Forwarded = http.Request.Headers[PeerRelay.ForwardedHeader];
            http.Response.StatusCode = Status;
            await http.Response.WriteAsync($"{Name}: {await new StreamReader(http.Request.Body).ReadToEndAsync()}");
        });
    }

    public string Name { get; }

    public Signer Signer { get; }

    public Uri Url => new(_app.Urls.First());

    public int Status { get; set; } = 200;

    public int Calls => Volatile.Read(ref _calls);

    public string? Forwarded { get; private set; }

    /// <summary>It tells nobody its models.</summary>
    public bool IsDown { get; set; }

    /// <summary>It takes connections and answers nothing.</summary>
    public bool Hangs { get; set; }

    public static async Task<StagedPeer> StartAsync(string name, byte key, params string[] models)
    {
        var peer = new StagedPeer(name, key, models);
        await peer._app.StartAsync();
        return peer;
    }

    public async ValueTask DisposeAsync()
    {
        _curtain.TrySetResult();
        await _app.DisposeAsync();
        Signer.Dispose();
    }
}

/// <summary>A gateway without nodes that passes requests on to staged peers.</summary>
internal sealed class PeerTown : IPeerSource, IDisposable
{
    private static readonly Eip712Domain Domain = Eip712Domain.Network(1, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    private readonly Signer _key = new(Enumerable.Repeat((byte)99, 32).ToArray());
    private readonly PeerConnections _connections;
    private readonly ServiceProvider _services;

    public PeerTown(IEnumerable<PeerAddress> peers, AddressRules? rules = null, TimeSpan? patience = null)
        : this(source: null, rules, patience) => Peers = [.. peers];

    public PeerTown(IPeerSource? source, AddressRules? rules, TimeSpan? patience = null)
    {
        var identity = new GatewayIdentity(_key, 1, default, Domain, Domain, "http://127.0.0.1:1", FreeOfCharge: true);
        _connections = new PeerConnections(new AddressGuard(rules ?? AddressRules.PublicOnly));
        Directory = new PeerDirectory([source ?? this], _connections, identity, TimeProvider.System, NullLogger<PeerDirectory>.Instance)
        {
            ProbePatience = patience ?? TimeSpan.FromSeconds(60),
        };
        _services = new ServiceCollection()
            .AddSingleton(new PeerRelay(Directory, _connections, identity, NullLogger<PeerRelay>.Instance)).BuildServiceProvider();
    }

    public PeerTown(params StagedPeer[] peers)
        : this(peers.Select(static peer => new PeerAddress(peer.Url, null, IsConfigured: true)))
    {
    }

    public IReadOnlyList<PeerAddress> Peers { get; set; } = [];

    public PeerDirectory Directory { get; }

    public IReadOnlyList<PeerAddress> Read() => Peers;

    public Task LookAsync() => Directory.LookAsync(CancellationToken.None);

    /// <summary>A request that this gateway refuses: the status and body that the client sees; the error's code where no peer took it.</summary>
    public async Task<(int Status, string Body)> AskAsync(string model, ApiError? refusal = null, params (string Name, string Value)[] headers)
    {
        var (http, body) = await CallAsync(headers);
        var error = await PeerRelay.AnswerAsync(http, refusal ?? ModelsEndpoint.ModelNotFound(model));
        return error is null ? (http.Response.StatusCode, Encoding.UTF8.GetString(body.ToArray())) : (error.Status, error.Code);
    }

    /// <summary>A request whose model this gateway is known to lack: what the client sees; null when it goes its usual way.</summary>
    public async Task<(int Status, string Body)?> PassAsync(string model, params (string Name, string Value)[] headers)
    {
        var (http, body) = await CallAsync(headers);
        var isPassed = await PeerRelay.PassAsync(http, ModelsEndpoint.ModelNotFound(model), OpenAiError.WriteAsync);
        return isPassed ? (http.Response.StatusCode, Encoding.UTF8.GetString(body.ToArray())) : null;
    }

    private async Task<(HttpContext Http, MemoryStream Body)> CallAsync((string Name, string Value)[] headers)
    {
        var http = new DefaultHttpContext { RequestServices = _services };
        (http.Request.Method, http.Request.Path) = ("POST", "/v1/chat/completions");
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes("hello"));
        await RequestBody.ReadAsync(http.Request, 100, CancellationToken.None);
        foreach (var (name, value) in headers)
        {
            http.Request.Headers[name] = value;
        }

        var body = new MemoryStream();
        http.Response.Body = body;
        return (http, body);
    }

    public void Dispose()
    {
        Directory.Dispose();
        _connections.Dispose();
        _services.Dispose();
        _key.Dispose();
    }
}
