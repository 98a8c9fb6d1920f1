using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Tests.Payments;

/// <summary>A queued request, the node that pulled it, and what that node calls at a gateway.</summary>
internal sealed class JobDesk(MemoryActors? registry = null) : IDisposable
{
    public const ulong Lease = 7;

    public static readonly RequestId Request = MemoryGateway.Request('b');

    public MemoryGateway Gateway { get; } = new(actors: registry);

    public void Dispose() => Gateway.Dispose();

    public async Task QueueAsync(ulong ceiling, ulong? held = null, string body = "", ulong seconds = 60)
    {
        await Gateway.Gate.HoldAsync(
            new HoldCall(Request, new(held ?? ceiling), TimeSpan.FromMinutes(2)) { IsRepeatable = true, IsQueued = true },
            new ClientPayment.Voucher(Gateway.Voucher(1_000), IsStrict: false, Deposit: null), default);
        var queued = new QueuedRequest(
            [], Gateway.ClientLedger.State.Config!.Id(Gateway.Identity.PaymentsDomain), new(ceiling), new Usage(10, 20, 0), "tiny-chat", 1, "chat",
            MemoryActors.Now, MemoryActors.Now + (seconds * 1000))
        {
            Body = Encoding.UTF8.GetBytes(body),
        };
        await Gateway.Actors.Request(Request).BeginAsync(new BeginCall(default, 60_000, queued));
        Gateway.Actors.Mempool.Leases[Request] = (Gateway.Node.Address, Lease);
    }

    public Signed<JobAccept> Accept(ulong sentAt) =>
        Gateway.Node.Sign(new JobAccept(Request, Gateway.Node.Address, Lease, sentAt), Gateway.Identity.NetworkDomain);

    public async Task<AcceptedJob> AcceptAsync(ulong sentAt = MemoryActors.Now)
    {
        var http = Http(Accept(sentAt));
        using var answer = new MemoryStream();
        http.Response.Body = answer;
        await Gateway.Jobs.AcceptAsync(http, Request.ToString());
        Assert.Equal(200, http.Response.StatusCode);
        return JsonSerializer.Deserialize<AcceptedJob>(answer.ToArray(), ProtocolJson.Options)!;
    }

    public async Task<int> CallAsync(Func<HttpContext, string, Task> call)
    {
        var http = Http(Accept(MemoryActors.Now));
        await call(http, Request.ToString());
        return http.Response.StatusCode;
    }

    public async Task<int> DeliverAsync(JobResult result)
    {
        var http = Http(result);
        await Gateway.Jobs.ResultAsync(http, Request.ToString());
        return http.Response.StatusCode;
    }

    // Of the only token: the last one counts, whatever positions the job chooses.
    private static FingerprintSet Evidence { get; } = FingerprintSet.Of([Fingerprint.Of(0, 5, [(5, -0.5f), (6, -1)])]);

    public JobResult Result(ulong sentAt = MemoryActors.Now)
    {
        var rolling = new RollingOutputHash(Request, (uint)Lease);
        var head = rolling.Append([5], Encoding.UTF8.GetBytes("hi"));
        var domain = Gateway.Identity.NetworkDomain;
        var commitment = Gateway.Node.Sign(new StreamCommitment(Request, (uint)Lease, 0, head, 1), domain).Signature;
        var price = UsagePrice.Of(Gateway.Offer.Price, new Usage(3, 1, 0));
        var receipt = new Receipt(
            Request, (uint)Lease, Gateway.Node.Address, Gateway.Key.Address, Gateway.Offer.Digest, Keccak256.Of([]), rolling.Value, 1,
            3, 1, price, default, price, Evidence.Root, MemoryActors.Now, MemoryActors.Now);
        return new JobResult(Accept(sentAt), Gateway.Node.Sign(receipt, domain), "stop", [new ResultChunk(0, [5], "hi", null, head, commitment)], Evidence.Encode());
    }

    public static DefaultHttpContext Http<T>(T message)
    {
        var http = MemoryGateway.Http();
        http.Request.Body = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(message, ProtocolJson.Options));
        http.Request.ContentType = "application/json";
        return http;
    }
}
