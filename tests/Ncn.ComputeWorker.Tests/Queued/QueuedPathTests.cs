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

        JobResult result = await ResultAsync();
        Verify(job.Message, result);
        await EndedAsync();
        Assert.Equal(result.Receipt.Message.Price, Charged());
        Assert.Equal(Charged(), result.Receipt.Message.Cumulative);
        Assert.Equal(HttpStatusCode.OK, (await Worker.Http.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/work-text"))).StatusCode);
    }

    [Fact]
    public async Task A_result_is_delivered_again_until_the_gateway_has_it()
    {
        Gateway.ResultFailures = 2;
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(Enqueue(Inputs.Chat()))));
        await ResultAsync();
        await EndedAsync();
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
    public async Task What_another_node_could_run_is_given_back_at_once()
    {
        Signed<InferenceJob> job = Enqueue(Inputs.Chat(), total: 1);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(job)));
        Assert.Equal((job.Message.RequestId, 1UL), Declined());
        Assert.Empty(Gateway.Results);
    }

    [Fact]
    public async Task Work_for_a_gateway_that_this_node_does_not_know_is_left_to_others()
    {
        WorkMessage stranger = Message(Enqueue(Inputs.Chat())) with { GatewayUrl = "http://127.0.0.1:1" };
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(stranger));
    }

    [Fact]
    public async Task A_job_for_a_model_that_is_not_loaded_is_given_back_and_never_accepted()
    {
        Signed<InferenceJob> job = Enqueue(Inputs.Chat());
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(job) with { Model = "huge-chat" }));
        Assert.Equal((job.Message.RequestId, 1UL), Declined());
        Assert.Empty(Worker.Ledger.Channels);
    }

    [Fact]
    public async Task A_node_without_a_free_slot_gives_work_back_instead_of_holding_it_up()
    {
        List<IDisposable> taken = [];
        while (Worker.Running.Slots.TryEnter() is { } slot)
        {
            taken.Add(slot);
        }

        Signed<InferenceJob> job = Enqueue(Inputs.Chat());
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(job)));
        Assert.Equal((job.Message.RequestId, 1UL), Declined());
        taken.ForEach(static slot => slot.Dispose());
    }

    [Fact]
    public async Task Jobs_are_pulled_while_others_run()
    {
        Gateway.ResultFailures = int.MaxValue;
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(Enqueue(Inputs.Chat()))));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(Enqueue(Inputs.Chat(), total: 2 * JobPrice))));

        // Both are held until their results are taken.
        Assert.Equal(2, Worker.Running.Count);
        Gateway.ResultFailures = 0;
        await Eventually.TrueAsync(() => Gateway.Results.Count == 2, "both jobs are delivered");
    }

    [Fact]
    public async Task A_long_job_renews_its_lease_until_its_result_is_taken()
    {
        Gateway.LeaseMilliseconds = 150;
        Gateway.ResultFailures = int.MaxValue;
        Signed<InferenceJob> job = Enqueue(Inputs.Chat());
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(job)));

        await Eventually.TrueAsync(() => Gateway.Renewals.Count >= 4, "the lease is renewed");
        Assert.All(Gateway.Renewals, renewal =>
        {
            Assert.Equal((job.Message.RequestId, 1UL), (renewal.Message.RequestId, renewal.Message.LeaseToken));
            Assert.True(renewal.IsSignedBy(Worker.Address, Network.Domain));
        });
        Gateway.ResultFailures = 0;
        await ResultAsync();
        await EndedAsync();
        int renewals = Gateway.Renewals.Count;
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(Enqueue(Inputs.Digits(1)))));
        Assert.Equal(renewals, Gateway.Renewals.Count(renewal => renewal.Message.RequestId == job.Message.RequestId));
    }

    [Fact]
    public async Task A_job_whose_lease_another_node_has_is_stopped_and_neither_delivered_nor_charged()
    {
        Gateway.LeaseMilliseconds = 60;
        Gateway.LosesLeases = true;
        Gateway.ResultFailures = int.MaxValue;
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(Enqueue(Inputs.Chat()))));

        await EndedAsync();
        Gateway.ResultFailures = 0;
        Assert.Empty(Gateway.Results);
        Assert.Equal(TokenAmount.Zero, Charged());
        Assert.Single(Gateway.Renewals);
    }

    [Fact]
    public async Task A_total_that_the_gateway_missed_is_proven_by_the_last_receipt()
    {
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(Enqueue(Inputs.Chat()))));
        await EndedAsync();
        Assert.Empty(Gateway.Proofs);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message(Enqueue(Inputs.Chat(), total: 1))));
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
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer));
        await EndedAsync();
        Assert.Equal(Assert.Single(Gateway.Results).Receipt.Message.Price, Charged());
    }

    private async Task<JobResult> ResultAsync()
    {
        await Eventually.TrueAsync(() => !Gateway.Results.IsEmpty, "the result is delivered");
        return Assert.Single(Gateway.Results);
    }

    private Task EndedAsync() => Eventually.TrueAsync(() => Worker.Running.Count == 0, "the job ends");

    private (RequestId Request, ulong Lease) Declined()
    {
        Signed<JobAccept> decline = Assert.Single(Gateway.Declines);
        Assert.True(decline.IsSignedBy(Worker.Address, Network.Domain));
        return (decline.Message.RequestId, decline.Message.LeaseToken);
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
