using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Tests.Payments;

/// <summary>What is charged for a queued job, and to whom it is paid, whatever gets lost on the way.</summary>
public sealed class JobsEndpointTests : IDisposable
{
    private const ulong Lease = 7;
    private static readonly RequestId Request = MemoryGateway.Request('b');
    private readonly MemoryGateway _gateway = new();

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task A_node_that_delivers_again_because_the_answer_was_lost_is_told_that_it_was_paid()
    {
        await QueueAsync(ceiling: 200);
        await AcceptAsync();
        var result = Result();
        Assert.Equal(200, await DeliverAsync(result));
        await _gateway.FlushAsync();
        var (client, node) = (_gateway.ClientLedger.State.Charged, _gateway.NodeLedger.State.Charged);
        Assert.Equal(result.Receipt.Message.Price, node);

        Assert.Equal(200, await DeliverAsync(result));

        Assert.Equal(client, _gateway.ClientLedger.State.Charged);
        Assert.Equal(node, _gateway.NodeLedger.State.Charged);
    }

    [Fact]
    public async Task A_node_whose_lease_was_lost_is_not_paid_and_holds_nothing()
    {
        await QueueAsync(ceiling: 200);
        await AcceptAsync();
        _gateway.Actors.Mempool.Leases[Request] = (_gateway.Client.Address, Lease + 1);

        Assert.Equal(409, await DeliverAsync(Result()));

        Assert.Equal(TokenAmount.Zero, _gateway.NodeLedger.State.Charged);
        Assert.Empty(_gateway.NodeLedger.State.Reservations);
        Assert.Equal(TokenAmount.Zero, _gateway.ClientLedger.State.Charged);
    }

    [Fact]
    public async Task A_node_that_may_not_have_the_job_costs_it_no_time()
    {
        await QueueAsync(ceiling: 1);
        var http = Http(Accept(MemoryActors.Now));
        await _gateway.Jobs.AcceptAsync(http, Request.ToString());

        Assert.Equal(409, http.Response.StatusCode);
        Assert.Equal((Request, Lease), _gateway.Actors.Mempool.Declined.Select(static declined => (declined.RequestId, declined.LeaseToken)).Single());
        Assert.Empty(_gateway.NodeLedger.State.Reservations);
    }

    [Fact]
    public async Task A_lease_is_renewed_without_a_second_payment_and_given_back_when_the_node_says_so()
    {
        await QueueAsync(ceiling: 200);
        Assert.Equal(60_000UL, (await AcceptAsync()).LeaseMilliseconds);
        var held = _gateway.NodeLedger.State;

        var http = Http(Accept(MemoryActors.Now + 20_000));
        using var answer = new MemoryStream();
        http.Response.Body = answer;
        await _gateway.Jobs.RenewAsync(http, Request.ToString());
        Assert.Equal("""{"leaseMilliseconds":60000}""", Encoding.UTF8.GetString(answer.ToArray()));
        Assert.Same(held, _gateway.NodeLedger.State);

        Assert.Equal(200, await CallAsync(_gateway.Jobs.DeclineAsync));
        Assert.Single(_gateway.Actors.Mempool.Declined);
        Assert.Equal(409, await CallAsync(_gateway.Jobs.RenewAsync));
        Assert.Equal(409, await CallAsync(_gateway.Jobs.DeclineAsync));
    }

    [Fact]
    public async Task Nobody_renews_or_gives_back_a_job_in_anothers_name()
    {
        await QueueAsync(ceiling: 200);
        var forged = _gateway.Client.Sign(new JobAccept(Request, _gateway.Node.Address, Lease, MemoryActors.Now), _gateway.Identity.NetworkDomain);
        foreach (var call in (Func<HttpContext, string, Task>[])[_gateway.Jobs.RenewAsync, _gateway.Jobs.DeclineAsync])
        {
            var http = Http(forged);
            await call(http, Request.ToString());
            Assert.Equal(401, http.Response.StatusCode);
        }

        Assert.Empty(_gateway.Actors.Mempool.Declined);
    }

    [Fact]
    public async Task A_delivery_costs_the_client_no_more_than_what_was_held()
    {
        await QueueAsync(ceiling: 200, held: 20);
        await AcceptAsync();
        Assert.Equal(200, await DeliverAsync(Result()));
        Assert.Equal(new TokenAmount(20), _gateway.ClientLedger.State.Charged);
        Assert.Equal(new TokenAmount(20), _gateway.Actors.Request(Request).Answer!.Charged);
    }

    [Fact]
    public async Task The_evidence_of_a_result_is_kept_with_its_answer_for_a_validator()
    {
        await QueueAsync(ceiling: 200);
        await AcceptAsync();
        var result = Result();
        Assert.Equal(200, await DeliverAsync(result));

        var stored = _gateway.Actors.Request(Request).Answer!;
        var read = JsonSerializer.Deserialize<StoredAnswer>(JsonSerializer.Serialize(stored, ProtocolJson.Options), ProtocolJson.Options)!.Evidence!;
        Assert.Equal((result.Receipt, Request), (read.Receipt, read.Job.Message.RequestId));
        Assert.True(read.Job.IsSignedBy(_gateway.Key.Address, _gateway.Identity.NetworkDomain));
        Assert.Equal(read.Job.Message.InputHash, Keccak256.Of(read.Input));
        Assert.True(FingerprintSet.TryDecode(read.Fingerprints, out var set, out _));
        Assert.Null(set.Problem(new FingerprintPositions(read.Job.Message.StructHash()), read.TokenIds));
        Assert.Equal(read.Receipt.Message.FingerprintRoot, set.Root);
    }

    [Fact]
    public async Task A_result_whose_fingerprints_do_not_fit_is_refused_and_not_paid()
    {
        await QueueAsync(ceiling: 200);
        await AcceptAsync();
        var result = Result();

        Assert.Equal(422, await DeliverAsync(result with { Fingerprints = null }));
        await _gateway.FlushAsync();
        Assert.Equal(TokenAmount.Zero, _gateway.NodeLedger.State.Charged);
        Assert.Empty(_gateway.NodeLedger.State.Reservations);

        Assert.Equal(422, await DeliverAsync(result with { Fingerprints = [1, 2, 3] }));
        Assert.Null(_gateway.Actors.Request(Request).Answer);
    }

    [Fact]
    public async Task A_queued_chat_is_answered_as_it_was_asked_with_log_probabilities()
    {
        await QueueAsync(ceiling: 200, body: """{"model":"tiny-chat","messages":[{"role":"user","content":"hi"}],"logprobs":true}""");
        await AcceptAsync();
        var result = Result();
        var told = new TokenLogprobs { Logprob = -0.5f, Text = ByteString.CopyFromUtf8("hi") };
        Assert.Equal(422, await DeliverAsync(result with { Chunks = [result.Chunks[0] with { Logprobs = [told.ToByteArray(), told.ToByteArray()] }] }));
        Assert.Equal(400, await DeliverAsync(result with { Chunks = [result.Chunks[0] with { Logprobs = [[255]] }] }));
        Assert.Equal(200, await DeliverAsync(result with { Chunks = [result.Chunks[0] with { Logprobs = [told.ToByteArray()] }] }));
        var choice = JsonSerializer.Deserialize<JsonElement>(_gateway.Actors.Request(Request).Answer!.Body).GetProperty("choices")[0];
        Assert.Equal(
            """{"content":[{"token":"hi","logprob":-0.5,"bytes":[104,105],"top_logprobs":[]}],"refusal":null}""", choice.GetProperty("logprobs").GetRawText());
    }

    [Theory]
    [InlineData(60, 0, 60)]
    [InlineData(86_400, 0, 1_200)]
    [InlineData(86_400, 599, 1_200)]
    [InlineData(86_400, 600, 1_800)]
    [InlineData(86_400, 86_000, 86_400)]
    [InlineData(86_400, 1_000_000_000, 86_400)]
    public async Task A_request_may_wait_for_a_day_and_a_node_gets_a_time_that_it_takes(ulong seconds, ulong waited, ulong expected)
    {
        await QueueAsync(ceiling: 200, seconds: seconds);
        var sentAt = MemoryActors.Now + (waited * 1000);
        var accepted = await AcceptAsync(sentAt);
        Assert.Equal(MemoryActors.Now + (expected * 1000), accepted.Job.Message.Deadline);

        Assert.Equal(200, await DeliverAsync(Result(sentAt)));
        Assert.Equal(accepted.Job, _gateway.Actors.Request(Request).Answer!.Evidence!.Job);
    }

    private async Task QueueAsync(ulong ceiling, ulong? held = null, string body = "", ulong seconds = 60)
    {
        await _gateway.ReserveAsync(Request, 1_000, held ?? ceiling, repeatable: true);
        var queued = new QueuedRequest(
            [], _gateway.ClientLedger.State.Config!.Id(_gateway.Identity.PaymentsDomain), new(ceiling), new Usage(10, 20, 0), "tiny-chat", 1, "chat",
            MemoryActors.Now, MemoryActors.Now + (seconds * 1000))
        {
            Body = Encoding.UTF8.GetBytes(body),
        };
        await _gateway.Actors.Request(Request).BeginAsync(new BeginCall(default, 60_000, queued));
        _gateway.Actors.Mempool.Leases[Request] = (_gateway.Node.Address, Lease);
    }

    private Signed<JobAccept> Accept(ulong sentAt) =>
        _gateway.Node.Sign(new JobAccept(Request, _gateway.Node.Address, Lease, sentAt), _gateway.Identity.NetworkDomain);

    private async Task<AcceptedJob> AcceptAsync(ulong sentAt = MemoryActors.Now)
    {
        var http = Http(Accept(sentAt));
        using var answer = new MemoryStream();
        http.Response.Body = answer;
        await _gateway.Jobs.AcceptAsync(http, Request.ToString());
        Assert.Equal(200, http.Response.StatusCode);
        return JsonSerializer.Deserialize<AcceptedJob>(answer.ToArray(), ProtocolJson.Options)!;
    }

    private async Task<int> CallAsync(Func<HttpContext, string, Task> call)
    {
        var http = Http(Accept(MemoryActors.Now));
        await call(http, Request.ToString());
        return http.Response.StatusCode;
    }

    private async Task<int> DeliverAsync(JobResult result)
    {
        var http = Http(result);
        await _gateway.Jobs.ResultAsync(http, Request.ToString());
        return http.Response.StatusCode;
    }

    // Of the only token: the last one counts, whatever positions the job chooses.
    private static FingerprintSet Evidence { get; } = FingerprintSet.Of([Fingerprint.Of(0, 5, [(5, -0.5f), (6, -1)])]);

    private JobResult Result(ulong sentAt = MemoryActors.Now)
    {
        var rolling = new RollingOutputHash(Request, (uint)Lease);
        var head = rolling.Append([5], Encoding.UTF8.GetBytes("hi"));
        var domain = _gateway.Identity.NetworkDomain;
        var commitment = _gateway.Node.Sign(new StreamCommitment(Request, (uint)Lease, 0, head, 1), domain).Signature;
        var price = UsagePrice.Of(_gateway.Offer.Price, new Usage(3, 1, 0));
        var receipt = new Receipt(
            Request, (uint)Lease, _gateway.Node.Address, _gateway.Key.Address, _gateway.Offer.Digest, Keccak256.Of([]), rolling.Value, 1,
            3, 1, price, default, price, Evidence.Root, MemoryActors.Now, MemoryActors.Now);
        return new JobResult(Accept(sentAt), _gateway.Node.Sign(receipt, domain), "stop", [new ResultChunk(0, [5], "hi", null, head, commitment)], Evidence.Encode());
    }

    private static DefaultHttpContext Http<T>(T message)
    {
        var http = MemoryGateway.Http();
        http.Request.Body = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(message, ProtocolJson.Options));
        http.Request.ContentType = "application/json";
        return http;
    }
}
