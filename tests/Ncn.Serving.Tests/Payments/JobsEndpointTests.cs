using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Tests.Payments;

/// <summary>What is charged for a queued job, and to whom it is paid, whatever gets lost on the way.</summary>
public sealed class JobsEndpointTests : IDisposable
{
    private const ulong Lease = JobDesk.Lease;
    private static readonly RequestId Request = JobDesk.Request;
    private readonly JobDesk _desk = new();

    public void Dispose() => _desk.Dispose();

    [Fact]
    public async Task A_node_that_delivers_again_because_the_answer_was_lost_is_told_that_it_was_paid()
    {
        await _desk.QueueAsync(ceiling: 200);
        await _desk.AcceptAsync();
        var result = _desk.Result();
        Assert.Equal(200, await _desk.DeliverAsync(result));
        await _desk.Gateway.FlushAsync();
        var (client, node) = (_desk.Gateway.ClientLedger.State.Charged, _desk.Gateway.NodeLedger.State.Charged);
        Assert.Equal(result.Receipt.Message.Price, node);

        Assert.Equal(200, await _desk.DeliverAsync(result));

        Assert.Equal(client, _desk.Gateway.ClientLedger.State.Charged);
        Assert.Equal(node, _desk.Gateway.NodeLedger.State.Charged);
    }

    [Fact]
    public async Task A_node_whose_lease_was_lost_is_not_paid_and_holds_nothing()
    {
        await _desk.QueueAsync(ceiling: 200);
        await _desk.AcceptAsync();
        _desk.Gateway.Actors.Mempool.Leases[Request] = (_desk.Gateway.Client.Address, Lease + 1);

        Assert.Equal(409, await _desk.DeliverAsync(_desk.Result()));

        Assert.Equal(TokenAmount.Zero, _desk.Gateway.NodeLedger.State.Charged);
        Assert.Empty(_desk.Gateway.NodeLedger.State.Reservations);
        Assert.Equal(TokenAmount.Zero, _desk.Gateway.ClientLedger.State.Charged);
    }

    [Fact]
    public async Task A_node_that_may_not_have_the_job_costs_it_no_time()
    {
        await _desk.QueueAsync(ceiling: 1);
        var http = JobDesk.Http(_desk.Accept(MemoryActors.Now));
        await _desk.Gateway.Jobs.AcceptAsync(http, Request.ToString());

        Assert.Equal(409, http.Response.StatusCode);
        Assert.Equal((Request, Lease), _desk.Gateway.Actors.Mempool.Declined.Select(static declined => (declined.RequestId, declined.LeaseToken)).Single());
        Assert.Empty(_desk.Gateway.NodeLedger.State.Reservations);
    }

    [Fact]
    public async Task A_lease_is_renewed_without_a_second_payment_and_given_back_when_the_node_says_so()
    {
        await _desk.QueueAsync(ceiling: 200);
        Assert.Equal(60_000UL, (await _desk.AcceptAsync()).LeaseMilliseconds);
        var held = _desk.Gateway.NodeLedger.State;

        var http = JobDesk.Http(_desk.Accept(MemoryActors.Now + 20_000));
        using var answer = new MemoryStream();
        http.Response.Body = answer;
        await _desk.Gateway.Jobs.RenewAsync(http, Request.ToString());
        Assert.Equal("""{"leaseMilliseconds":60000}""", Encoding.UTF8.GetString(answer.ToArray()));
        Assert.Same(held, _desk.Gateway.NodeLedger.State);

        Assert.Equal(200, await _desk.CallAsync(_desk.Gateway.Jobs.DeclineAsync));
        Assert.Single(_desk.Gateway.Actors.Mempool.Declined);
        Assert.Equal(409, await _desk.CallAsync(_desk.Gateway.Jobs.RenewAsync));
        Assert.Equal(409, await _desk.CallAsync(_desk.Gateway.Jobs.DeclineAsync));
    }

    [Fact]
    public async Task Nobody_renews_or_gives_back_a_job_in_anothers_name()
    {
        await _desk.QueueAsync(ceiling: 200);
        var forged = _desk.Gateway.Client.Sign(new JobAccept(Request, _desk.Gateway.Node.Address, Lease, MemoryActors.Now), _desk.Gateway.Identity.NetworkDomain);
        foreach (var call in (Func<HttpContext, string, Task>[])[_desk.Gateway.Jobs.RenewAsync, _desk.Gateway.Jobs.DeclineAsync])
        {
            var http = JobDesk.Http(forged);
            await call(http, Request.ToString());
            Assert.Equal(401, http.Response.StatusCode);
        }

        Assert.Empty(_desk.Gateway.Actors.Mempool.Declined);
    }

    [Fact]
    public async Task A_delivery_costs_the_client_no_more_than_what_was_held()
    {
        await _desk.QueueAsync(ceiling: 200, held: 20);
        await _desk.AcceptAsync();
        Assert.Equal(200, await _desk.DeliverAsync(_desk.Result()));
        await _desk.Gateway.FlushAsync();
        Assert.Equal(new TokenAmount(20), _desk.Gateway.ClientLedger.State.Charged);
        Assert.Equal(new TokenAmount(20), _desk.Gateway.Actors.Request(Request).Answer!.Charged);
    }

    [Fact]
    public async Task The_evidence_of_a_result_is_kept_with_its_answer_for_a_validator()
    {
        await _desk.QueueAsync(ceiling: 200);
        await _desk.AcceptAsync();
        var result = _desk.Result();
        Assert.Equal(200, await _desk.DeliverAsync(result));

        var stored = _desk.Gateway.Actors.Request(Request).Answer!;
        var read = JsonSerializer.Deserialize<StoredAnswer>(JsonSerializer.Serialize(stored, ProtocolJson.Options), ProtocolJson.Options)!.Evidence!;
        Assert.Equal((result.Receipt, Request), (read.Receipt, read.Job.Message.RequestId));
        Assert.True(read.Job.IsSignedBy(_desk.Gateway.Key.Address, _desk.Gateway.Identity.NetworkDomain));
        Assert.Equal(read.Job.Message.InputHash, Keccak256.Of(read.Input));
        Assert.True(FingerprintSet.TryDecode(read.Fingerprints, out var set, out _));
        Assert.Null(set.Problem(new FingerprintPositions(read.Job.Message.StructHash()), read.TokenIds));
        Assert.Equal(read.Receipt.Message.FingerprintRoot, set.Root);
    }

    [Fact]
    public async Task A_result_whose_fingerprints_do_not_fit_is_refused_and_not_paid()
    {
        await _desk.QueueAsync(ceiling: 200);
        await _desk.AcceptAsync();
        var result = _desk.Result();

        Assert.Equal(422, await _desk.DeliverAsync(result with { Fingerprints = null }));
        await _desk.Gateway.FlushAsync();
        Assert.Equal(TokenAmount.Zero, _desk.Gateway.NodeLedger.State.Charged);
        Assert.Empty(_desk.Gateway.NodeLedger.State.Reservations);

        Assert.Equal(422, await _desk.DeliverAsync(result with { Fingerprints = [1, 2, 3] }));
        Assert.Null(_desk.Gateway.Actors.Request(Request).Answer);
    }

    [Fact]
    public async Task A_queued_chat_is_answered_as_it_was_asked_with_log_probabilities()
    {
        await _desk.QueueAsync(ceiling: 200, body: """{"model":"tiny-chat","messages":[{"role":"user","content":"hi"}],"logprobs":true}""");
        await _desk.AcceptAsync();
        var result = _desk.Result();
        var told = new TokenLogprobs { Logprob = -0.5f, Text = ByteString.CopyFromUtf8("hi") };
        Assert.Equal(422, await _desk.DeliverAsync(result with { Chunks = [result.Chunks[0] with { Logprobs = [told.ToByteArray(), told.ToByteArray()] }] }));
        Assert.Equal(400, await _desk.DeliverAsync(result with { Chunks = [result.Chunks[0] with { Logprobs = [[255]] }] }));
        Assert.Equal(200, await _desk.DeliverAsync(result with { Chunks = [result.Chunks[0] with { Logprobs = [told.ToByteArray()] }] }));
        var choice = JsonSerializer.Deserialize<JsonElement>(_desk.Gateway.Actors.Request(Request).Answer!.Body).GetProperty("choices")[0];
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
        await _desk.QueueAsync(ceiling: 200, seconds: seconds);
        var sentAt = MemoryActors.Now + (waited * 1000);
        var accepted = await _desk.AcceptAsync(sentAt);
        Assert.Equal(MemoryActors.Now + (expected * 1000), accepted.Job.Message.Deadline);

        Assert.Equal(200, await _desk.DeliverAsync(_desk.Result(sentAt)));
        Assert.Equal(accepted.Job, _desk.Gateway.Actors.Request(Request).Answer!.Evidence!.Job);
    }
}
