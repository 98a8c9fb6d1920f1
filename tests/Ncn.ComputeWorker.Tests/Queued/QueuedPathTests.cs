using System.Net;
using Google.Protobuf;
using Ncn.Actors;
using Ncn.Tests.Escrow;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;

namespace Ncn.ComputeWorker.Tests.Queued;

[Collection(NetworkGroup.Name)]
public sealed class QueuedPathTests(NetworkFixture network) : IAsyncLifetime
{
    private const ulong JobPrice = 10_000;

    private TestGateway _gateway = null!;
    private TestWorker _worker = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync(await network.NewPartyAsync(10));
        _worker = await TestWorker.StartAsync(await network.NewPartyAsync(0), _gateway);
        await _gateway.FundAsync(_worker.Address, LocalChain.Dollar);
        await Eventually.NextAsync(_gateway.Joins);
    }

    public async Task DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task A_pulled_job_is_run_delivered_and_then_charged()
    {
        Signed<InferenceJob> job = Enqueue(Inputs.Chat());

        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(job)));

        JobResult result = Assert.Single(_gateway.Results);
        Verify(job.Message, result);
        Assert.Equal(result.Receipt.Message.Price, Charged());
        Assert.Equal(Charged(), result.Receipt.Message.Cumulative);
        Assert.Equal(HttpStatusCode.OK, (await _worker.Http.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/work-text"))).StatusCode);
    }

    [Fact]
    public async Task A_result_is_delivered_again_until_the_gateway_has_it()
    {
        _gateway.ResultFailures = 2;
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(Enqueue(Inputs.Chat()))));
        Assert.Single(_gateway.Results);
        Assert.NotEqual(TokenAmount.Zero, Charged());
    }

    [Fact]
    public async Task A_lost_lease_is_dropped_and_costs_nothing()
    {
        var message = new WorkMessage(new RequestId(Hash32.Parse("0x" + new string('a', 64))), 1, _gateway.Url, "tiny-chat");
        Assert.Equal(HttpStatusCode.OK, await PostAsync(message));
        Assert.Empty(_gateway.Results);
        Assert.Empty(_worker.Ledger.Channels);
    }

    [Fact]
    public async Task An_input_that_can_never_run_is_rejected_for_good()
    {
        Signed<InferenceJob> job = Enqueue(Inputs.Digits(1));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(job)));
        JobRejection rejection = Assert.Single(_gateway.Rejections);
        Assert.Equal(job.Message.RequestId, rejection.Accept.Message.RequestId);
        Assert.Contains("does not take", rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_node_could_run_is_brought_back()
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(Message(Enqueue(Inputs.Chat(), total: 1))));
        WorkMessage stranger = Message(Enqueue(Inputs.Chat())) with { GatewayUrl = "http://127.0.0.1:1" };
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(stranger));
    }

    [Fact]
    public async Task A_total_that_the_gateway_missed_is_proven_by_the_last_receipt()
    {
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(Enqueue(Inputs.Chat()))));
        Assert.Empty(_gateway.Proofs);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(Message(Enqueue(Inputs.Chat(), total: 1))));
        Assert.Equal(Charged(), Assert.Single(_gateway.Proofs).Message.Cumulative);
    }

    [Fact]
    public async Task A_message_that_is_none_is_taken_off_the_queue()
    {
        using var content = new StringContent("no json");
        Assert.Equal(HttpStatusCode.OK, (await _worker.Http.PostAsync("/work-text", content)).StatusCode);
    }

    [Fact]
    public async Task A_message_that_comes_twice_runs_once()
    {
        Signed<InferenceJob> job = Enqueue(Inputs.Chat(maxTokens: 200));
        HttpStatusCode[] answers = await Task.WhenAll(PostAsync(Message(job)), PostAsync(Message(job)));
        Assert.Contains(HttpStatusCode.OK, answers);
        Assert.Equal(answers.Count(answer => answer == HttpStatusCode.OK), _gateway.Results.Count);
        Assert.Equal(_gateway.Results.First().Receipt.Message.Price, Charged());
    }

    private Signed<InferenceJob> Enqueue(byte[] input, ulong total = JobPrice)
    {
        Signed<InferenceJob> job = _gateway.Job(_worker.Address, _worker.TinyChat, input, JobPrice);
        _gateway.Queue[job.Message.RequestId] = new AcceptedJob(job, _gateway.Pay(_worker.Address, total), input);
        return job;
    }

    private WorkMessage Message(Signed<InferenceJob> job) => new(job.Message.RequestId, 1, _gateway.Url, "tiny-chat");

    private async Task<HttpStatusCode> PostAsync(WorkMessage message) =>
        (await _worker.Http.PostAsync("/work-text", Body(message))).StatusCode;

    /// <summary>With a length, as the sidecar sends it.</summary>
    private static ByteArrayContent Body(WorkMessage message)
    {
        var content = new ByteArrayContent(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(message, ProtocolJson.Options));
        content.Headers.ContentType = new("application/json");
        return content;
    }

    private TokenAmount Charged() => _worker.Ledger.Channels.Values.Single().State.Charged;

    private void Verify(InferenceJob job, JobResult result)
    {
        var verifier = new OutputVerifier(job, _worker.TinyChat, new Usage(2000, 1000, 0), network.Domain);
        foreach (ResultChunk chunk in result.Chunks)
        {
            var wire = new Chunk { Index = chunk.Index, Text = chunk.Text, RollingHash = ByteString.CopyFrom(chunk.RollingHash.ToArray()) };
            wire.TokenIds.AddRange(chunk.TokenIds);
            wire.Commitment = chunk.Commitment is { } commitment ? ByteString.CopyFrom(commitment.ToArray()) : ByteString.Empty;
            Assert.Null(verifier.Accept(wire));
        }

        Assert.Null(verifier.Accept(result.Receipt, result.Fingerprints));
    }
}
