using System.Net;
using Google.Protobuf;
using Ncn.Actors;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;

namespace Ncn.ComputeWorker.Tests.Queued;

[Collection(NetworkGroup.Name)]
public sealed class QueuedPathTests(NetworkFixture network) : OwnWorkerTests(network)
{
    private const ulong JobPrice = 10_000;

    [Fact]
    public async Task A_pulled_job_is_run_delivered_and_then_charged()
    {
        Signed<InferenceJob> job = Enqueue(Inputs.Chat());

        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(job)));

        JobResult result = Assert.Single(Gateway.Results);
        Verify(job.Message, result);
        Assert.Equal(result.Receipt.Message.Price, Charged());
        Assert.Equal(Charged(), result.Receipt.Message.Cumulative);
        Assert.Equal(HttpStatusCode.OK, (await Worker.Http.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/work-text"))).StatusCode);
    }

    [Fact]
    public async Task A_result_is_delivered_again_until_the_gateway_has_it()
    {
        Gateway.ResultFailures = 2;
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(Enqueue(Inputs.Chat()))));
        Assert.Single(Gateway.Results);
        Assert.NotEqual(TokenAmount.Zero, Charged());
    }

    [Fact]
    public async Task A_lost_lease_is_dropped_and_costs_nothing()
    {
        var message = new WorkMessage(new RequestId(Hash32.Parse("0x" + new string('a', 64))), 1, Gateway.Url, "tiny-chat");
        Assert.Equal(HttpStatusCode.OK, await PostAsync(message));
        Assert.Empty(Gateway.Results);
        Assert.Empty(Worker.Ledger.Channels);
    }

    [Fact]
    public async Task An_input_that_can_never_run_is_rejected_for_good()
    {
        Signed<InferenceJob> job = Enqueue(Inputs.Digits(1));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(job)));
        JobRejection rejection = Assert.Single(Gateway.Rejections);
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
        Assert.Empty(Gateway.Proofs);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(Message(Enqueue(Inputs.Chat(), total: 1))));
        Assert.Equal(Charged(), Assert.Single(Gateway.Proofs).Message.Cumulative);
    }

    [Fact]
    public async Task A_message_that_is_none_is_taken_off_the_queue()
    {
        using var content = new StringContent("no json");
        Assert.Equal(HttpStatusCode.OK, (await Worker.Http.PostAsync("/work-text", content)).StatusCode);
    }

    [Fact]
    public async Task A_message_that_comes_twice_runs_once()
    {
        Signed<InferenceJob> job = Enqueue(Inputs.Chat(maxTokens: 200));
        HttpStatusCode[] answers = await Task.WhenAll(PostAsync(Message(job)), PostAsync(Message(job)));
        Assert.Contains(HttpStatusCode.OK, answers);
        Assert.Equal(answers.Count(answer => answer == HttpStatusCode.OK), Gateway.Results.Count);
        Assert.Equal(Gateway.Results.First().Receipt.Message.Price, Charged());
    }

    private Signed<InferenceJob> Enqueue(byte[] input, ulong total = JobPrice)
    {
        Signed<InferenceJob> job = Gateway.Job(Worker.Address, Worker.TinyChat, input, JobPrice);
        Gateway.Queue[job.Message.RequestId] = new AcceptedJob(job, Gateway.Pay(Worker.Address, total), input);
        return job;
    }

    private WorkMessage Message(Signed<InferenceJob> job) => new(job.Message.RequestId, 1, Gateway.Url, "tiny-chat");

    private async Task<HttpStatusCode> PostAsync(WorkMessage message) =>
        (await Worker.Http.PostAsync("/work-text", Body(message))).StatusCode;

    /// <summary>With a length, as the sidecar sends it.</summary>
    private static ByteArrayContent Body(WorkMessage message)
    {
        var content = new ByteArrayContent(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(message, ProtocolJson.Options));
        content.Headers.ContentType = new("application/json");
        return content;
    }

    private TokenAmount Charged() => Worker.Ledger.Channels.Values.Single().State.Charged;

    private void Verify(InferenceJob job, JobResult result)
    {
        var verifier = new OutputVerifier(job, Worker.TinyChat, new Usage(2000, 1000, 0), Network.Domain);
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
