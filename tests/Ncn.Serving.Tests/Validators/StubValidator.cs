using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Ncn.Protocol;

namespace Ncn.Serving.Tests.Validators;

/// <summary>A validator's HTTP API as it is documented, over real HTTP: what it is given it remembers, and it says what a test has it say.</summary>
internal sealed class StubValidator : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Eip712Domain _domain;
    private LedgerStanding _standing;

    private StubValidator(byte number, Eip712Domain domain)
    {
        (Key, _domain) = (new Signer(Enumerable.Repeat(number, 32).ToArray()), domain);
        _standing = new LedgerStanding(1, 0, default, [], [], [], Key.Address);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static server => server.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.MapPost("/ncn/v1/ledger/operations", TakeAsync);
        _app.MapGet("/ncn/v1/ledger/standing", SayAsync);
    }

    public Signer Key { get; }

    public string Url => _app.Urls.First();

    /// <summary>The status that operations are answered with.</summary>
    public int Answers { get; set; } = StatusCodes.Status202Accepted;

    /// <summary>What it calls its answers.</summary>
    public string ContentType { get; set; } = "application/json";

    /// <summary>All that was posted, in the order that it came.</summary>
    public ConcurrentQueue<Signed<LedgerOperation>> Posted { get; } = [];

    /// <summary>How often it was asked how nodes stand, and had something new to say.</summary>
    public int Told { get; private set; }

    public static async Task<StubValidator> StartAsync(byte number, Eip712Domain domain)
    {
        var validator = new StubValidator(number, domain);
        await validator._app.StartAsync();
        return validator;
    }

    /// <summary>What it says from now on, at the next height.</summary>
    public void Say(NodeStanding[] nodes, AuditStanding[]? audits = null) =>
        _standing = (_standing with { Height = _standing.Height + 1, Nodes = nodes, Audits = audits ?? [] }).SignedWith(Key, _domain);

    /// <summary>The same, whoever signs it.</summary>
    public void Say(LedgerStanding standing) => _standing = standing;

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Key.Dispose();
    }

    private async Task TakeAsync(HttpContext http)
    {
        var call = await JsonSerializer.DeserializeAsync<JsonElement>(http.Request.Body);
        Posted.Enqueue(new Signed<LedgerOperation>(
            new LedgerOperation(call.GetProperty("kind").GetByte(), call.GetProperty("content").Deserialize<HexBytes>(ProtocolJson.Options)!),
            call.GetProperty("signature").Deserialize<Signature>(ProtocolJson.Options)));
        http.Response.StatusCode = Answers;
    }

    private async Task SayAsync(HttpContext http)
    {
        var mark = $"\"{_standing.Height}\"";
        if (http.Request.Headers.IfNoneMatch == mark)
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        Told++;
        http.Response.Headers.ETag = mark;
        await http.Response.WriteAsJsonAsync(_standing, ProtocolJson.Options, ContentType);
    }
}
