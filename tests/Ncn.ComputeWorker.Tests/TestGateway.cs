using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Ncn.Actors;
using Ncn.Tests.Escrow;
using Ncn.ComputeWorker.Network;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Tests;

/// <summary>A gateway's side towards nodes: membership, queued jobs, vouchers.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Party _party;
    private uint _attempts;

    private TestGateway(Party party, WebApplication app) => (_party, _app) = (party, app);

    public string Url => _app.Urls.Single();

    public Address Address => _party.Address;

    /// <summary>Records that a node joined with, as they come.</summary>
    public Channel<Signed<NodeRecord>> Joins { get; } = Channel.CreateUnbounded<Signed<NodeRecord>>();

    public Channel<Signed<NodeHeartbeat>> Heartbeats { get; } = Channel.CreateUnbounded<Signed<NodeHeartbeat>>();

    public Channel<Signed<NodeLeave>> Leaves { get; } = Channel.CreateUnbounded<Signed<NodeLeave>>();

    public ConcurrentQueue<JobResult> Results { get; } = [];

    public ConcurrentQueue<JobRejection> Rejections { get; } = [];

    /// <summary>Receipts by which a node proved a total that the gateway missed.</summary>
    public ConcurrentQueue<Signed<Receipt>> Proofs { get; } = [];

    /// <summary>What accepting answers, by request; a request that is missing has lost its lease.</summary>
    public ConcurrentDictionary<RequestId, AcceptedJob> Queue { get; } = [];

    /// <summary>Jobs that a node gave back.</summary>
    public ConcurrentQueue<Signed<JobAccept>> Declines { get; } = [];

    /// <summary>Leases that a node renewed, or tried to.</summary>
    public ConcurrentQueue<Signed<JobAccept>> Renewals { get; } = [];

    /// <summary>How long a lease lasts.</summary>
    public ulong LeaseMilliseconds { get; set; } = 60_000;

    /// <summary>Whether a renewal is answered with: the lease is lost.</summary>
    public bool LosesLeases { get; set; }

    /// <summary>How many of the next results are answered with 503.</summary>
    public int ResultFailures { get; set; }

    /// <summary>Whether heartbeats are answered as from a known node.</summary>
    public bool KnowsNode { get; set; } = true;

    public static async Task<TestGateway> StartAsync(Party party, string modelKind = "decoder")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        var gateway = new TestGateway(party, builder.Build());
        gateway.Map(modelKind);
        await gateway._app.StartAsync();
        return gateway;
    }

    /// <summary>A signed job for a node, with an input.</summary>
    public Signed<InferenceJob> Job(Address node, ModelOffer model, byte[] input, ulong maxPrice, ulong seed = 1, ulong? deadline = null)
    {
        var request = new RequestId(Keccak256.Of(Guid.NewGuid().ToByteArray()));
        ulong now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        return Sign(new InferenceJob(
            request, _attempts++, Address, node, model.Digest, Keccak256.Of(input), seed, new TokenAmount(maxPrice), deadline ?? now + 600_000));
    }

    public Signed<InferenceJob> Sign(InferenceJob job) => _party.Signer.Sign(job, _party.Chain.Settings.NetworkDomain);

    /// <summary>This gateway's own call for fingerprints.</summary>
    public Signed<FingerprintCall> Ask(FingerprintCall call) =>
        _party.Signer.Sign(call with { Caller = Address }, _party.Chain.Settings.NetworkDomain);

    /// <summary>A voucher for a running total on the channel to a node.</summary>
    public NodePayment Pay(Address node, ulong total) => NodePayment.From(
        SignedVoucher.Create(Config(node), new TokenAmount(total), _party.Signer, _party.Chain.Settings.PaymentsDomain), _party.Chain.Settings.PaymentsDomain);

    public Task FundAsync(Address node, ulong amount) => _party.FundAsync(Config(node), amount);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private ChannelConfig Config(Address node) => NodeChannel.Config(Address, node, _party.Chain.Settings.Token);

    private void Map(string modelKind)
    {
        Ncn.Chain.ChainSettings chain = _party.Chain.Settings;
        var subnet = new SubnetView(1, "text", [modelKind], Address, chain.ChainId, chain.Token, chain.InferencePayment, chain.ValidatorRegistry);
        _app.MapGet("/ncn/v1/subnet", () => Json(subnet));
        _app.MapPost("/ncn/v1/nodes/join", async (HttpRequest request) => Keep(Joins, await ReadAsync<Signed<NodeRecord>>(request), known: true));
        _app.MapPost("/ncn/v1/nodes/heartbeat", async (HttpRequest request) => Keep(Heartbeats, await ReadAsync<Signed<NodeHeartbeat>>(request), KnowsNode));
        _app.MapPost("/ncn/v1/nodes/leave", async (HttpRequest request) => Keep(Leaves, await ReadAsync<Signed<NodeLeave>>(request), known: true));
        _app.MapPost("/ncn/v1/nodes/receipt", async (HttpRequest request) => Proofs.Enqueue(await ReadAsync<Signed<Receipt>>(request)));
        MapJobs();
    }

    private void MapJobs()
    {
        _app.MapPost("/ncn/v1/jobs/{id}/accept", async (HttpRequest request) => Accept(await ReadAsync<Signed<JobAccept>>(request)));
        _app.MapPost("/ncn/v1/jobs/{id}/renew", async (HttpRequest request) => Renew(await ReadAsync<Signed<JobAccept>>(request)));
        _app.MapPost("/ncn/v1/jobs/{id}/decline", async (HttpRequest request) => Declines.Enqueue(await ReadAsync<Signed<JobAccept>>(request)));
        _app.MapPost("/ncn/v1/jobs/{id}/result", async (HttpRequest request) => Take(await ReadAsync<JobResult>(request)));
        _app.MapPost("/ncn/v1/jobs/{id}/reject", async (HttpRequest request) => Rejections.Enqueue(await ReadAsync<JobRejection>(request)));
    }

    private static IResult Keep<T>(Channel<T> messages, T message, bool known)
    {
        messages.Writer.TryWrite(message);
        return Json(new NodeResult(Accepted: known, known, Reason: ""));
    }

    private IResult Accept(Signed<JobAccept> accept) =>
        accept.IsSignedBy(accept.Message.Node, _party.Chain.Settings.NetworkDomain) && Queue.TryGetValue(accept.Message.RequestId, out AcceptedJob? job)
            ? Json(job with { LeaseMilliseconds = LeaseMilliseconds })
            : LeaseLost();

    private IResult Renew(Signed<JobAccept> accept)
    {
        Renewals.Enqueue(accept);
        return LosesLeases ? LeaseLost() : Json(new RenewedLease(LeaseMilliseconds));
    }

    private static IResult LeaseLost() => Microsoft.AspNetCore.Http.Results.Conflict();

    private IResult Take(JobResult result)
    {
        if (ResultFailures > 0)
        {
            ResultFailures--;
            return Microsoft.AspNetCore.Http.Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        Results.Enqueue(result);
        return Microsoft.AspNetCore.Http.Results.Ok();
    }

    private static IResult Json<T>(T value) => Microsoft.AspNetCore.Http.Results.Json(value, ProtocolJson.Options);

    private static async Task<T> ReadAsync<T>(HttpRequest request) => (await request.ReadFromJsonAsync<T>(ProtocolJson.Options))!;
}
