using System.Text.Json;
using Grpc.Core;
using Ncn.Tests.Escrow;
using Ncn.ComputeWorker.Payments;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using ModelInferResponse = Inference.ModelInferResponse;

namespace Ncn.ComputeWorker.Tests.Direct;

[Collection(NetworkGroup.Name)]
public sealed class DirectPathTests(NetworkFixture network)
{
    private const ulong JobPrice = 10_000;

    private static readonly Usage Limit = new(2000, 1000, 0);

    [Fact]
    public async Task A_chat_job_is_streamed_signed_charged_and_receipted()
    {
        Delivery delivery = await RunAsync(Inputs.Chat(maxTokens: 40));

        Receipt receipt = delivery.Receipt.Message;
        Assert.Equal(UsagePrice.Of(Worker.TinyChat.Price, new Usage(receipt.PromptTokens, receipt.CompletionTokens, 0)), receipt.Price);
        Assert.InRange(delivery.Tokens.Length, 1, 40);
        Assert.Equal(receipt.PromptTokens, delivery.Chunks[0].PromptTokens);
        Assert.True(delivery.FinishReason is "stop" or "length");
        Assert.Equal(Account.State.Charged, receipt.Cumulative);
        Assert.Equal(delivery.Receipt, Account.LastReceipt);
    }

    [Fact]
    public async Task A_tensor_job_is_one_signed_chunk_priced_by_rows()
    {
        byte[] input = Inputs.Digits(rows: 3);
        Delivery delivery = await RunAsync(input, Worker.Digits, new Usage(0, 0, 3));
        var response = ModelInferResponse.Parser.ParseFrom(delivery.Chunks.Single().Tensors);
        Assert.Equal([3, 10], response.Outputs.Single().Shape);
        Assert.Equal(("digits-1", 3u, 320ul), (response.Id, delivery.Receipt.Message.CompletionTokens, delivery.Price));
    }

    [Fact]
    public async Task Another_node_goes_on_from_committed_tokens_to_the_same_end()
    {
        Delivery whole = await RunAsync(Inputs.Chat(maxTokens: 30, temperature: 1), seed: 42);
        int half = whole.Tokens.Length / 2;
        Delivery rest = await RunAsync(Inputs.Chat(30, 1, whole.Tokens[..half]), seed: 42);
        Assert.Equal(whole.Tokens[half..], rest.Tokens);
        Assert.EndsWith(rest.Text, whole.Text, StringComparison.Ordinal);
        Assert.Equal(whole.Receipt.Message.PromptTokens, rest.Receipt.Message.PromptTokens);
    }

    [Theory]
    [InlineData(1, new uint[] { 1 })]
    [InlineData(15, new uint[] { 15 })]
    [InlineData(16, new uint[] { 15 })]
    [InlineData(17, new uint[] { 15, 17 })]
    [InlineData(32, new uint[] { 15, 31 })]
    public async Task Every_sixteenth_and_the_last_chunk_are_signed(uint tokens, uint[] signed)
    {
        Delivery delivery = await RunAsync(Inputs.Chat(tokens));
        Assert.Equal((int)tokens, delivery.Tokens.Length);
        Assert.Equal(signed, delivery.Chunks.Where(chunk => !chunk.Commitment.IsEmpty).Select(chunk => chunk.Index));
        Assert.Equal(signed[^1], delivery.Chunks[^1].Index);
    }

    [Fact]
    public async Task A_receipt_names_what_was_loaded_what_was_asked_and_what_was_delivered()
    {
        byte[] input = Inputs.Chat(maxTokens: 20, temperature: 1);
        Signed<InferenceJob> job = Job(input, Worker.TinyChat, seed: 99);
        Delivery whole = await RunAsync(job, input, Worker.TinyChat, Limit);
        Receipt receipt = whole.Receipt.Message;
        Assert.Equal((Worker.TinyChat.Digest, 99ul, job.Message.InputHash), (receipt.ModelDigest, receipt.Seed, receipt.InputHash));
        Assert.Equal((job.Message.RequestId, job.Message.Attempt, (uint)whole.Tokens.Length), (receipt.RequestId, receipt.Attempt, receipt.CompletionTokens));
        Assert.Equal((whole.Chunks[0].PromptTokens, whole.Fingerprints.Root), (receipt.PromptTokens, receipt.FingerprintRoot));
        Assert.NotEqual(default, receipt.FingerprintRoot);
        Assert.InRange(receipt.FinishedAt, receipt.StartedAt, job.Message.Deadline);

        // An attempt that goes on counts and proves its own tokens; the prompt is the same.
        byte[] rest = Inputs.Chat(20, 1, whole.Tokens[..5]);
        Delivery continued = await RunAsync(rest, seed: 99);
        Receipt second = continued.Receipt.Message;
        Assert.Equal((receipt.ModelDigest, 99ul, receipt.PromptTokens, receipt.CompletionTokens - 5), (second.ModelDigest, second.Seed, second.PromptTokens, second.CompletionTokens));
        Assert.Equal(Ncn.Protocol.Cryptography.Keccak256.Of(rest), second.InputHash);
    }

    [Fact]
    public async Task A_stopped_job_ends_with_a_receipt_for_what_was_delivered()
    {
        byte[] input = Inputs.Long();
        Signed<InferenceJob> job = Job(input, Worker.TinyChat);
        Delivery delivery = await RunAsync(job, input, Worker.TinyChat, Limit, async chunk =>
        {
            if (chunk.Index == 0)
            {
                StopReply reply = await Worker.Compute.StopAsync(
                    new StopRequest { RequestId = Google.Protobuf.ByteString.CopyFrom(job.Message.RequestId.Value.ToArray()), Attempt = job.Message.Attempt });
                Assert.True(reply.Known);
            }
        });
        Assert.Equal("cancelled", delivery.FinishReason);
        Assert.False(delivery.Chunks[^1].Commitment.IsEmpty);
        Assert.Equal(delivery.Fingerprints.Root, delivery.Receipt.Message.FingerprintRoot);
        Assert.InRange(delivery.Tokens.Length, 1, 899);
        Assert.Equal((uint)delivery.Tokens.Length, delivery.Receipt.Message.CompletionTokens);
        Assert.False((await Worker.Compute.StopAsync(new StopRequest())).Known);
    }

    [Fact]
    public async Task A_gateway_that_hangs_up_owes_what_it_was_sent_and_is_shown_the_receipt()
    {
        byte[] input = Inputs.Long();
        TokenAmount before = Account.State.Charged;
        Signed<InferenceJob> hungUp = Job(input, Worker.TinyChat);
        using (AsyncServerStreamingCall<RunEvent> call = Worker.Compute.Run(DirectRun.Request(hungUp, Promise(), input)))
        {
            await call.ResponseStream.MoveNext(CancellationToken.None);
        }

        await Eventually.TrueAsync(() => Worker.Running.Count == 0, "the job ends");
        Assert.True(Account.State.Charged > before);

        // A gateway that missed the charge signs too low a total.
        NodePayment low = network.Gateway.Pay(Worker.Address, (ulong)before.Units + JobPrice);
        RpcException refusal = await DirectRun.RefusedAsync(Worker.Compute, DirectRun.Request(Job(input, Worker.TinyChat), low, input));
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        var proof = JsonSerializer.Deserialize<Signed<Receipt>>(refusal.Trailers.GetValue("ncn-last-receipt")!, ProtocolJson.Options)!;
        Assert.Equal((Account.State.Charged, network.Gateway.Address), (proof.Message.Cumulative, proof.Message.Gateway));
        Assert.True(proof.IsSignedBy(Worker.Address, Network));
        await AssertStatesAsync(proof.Message, hungUp.Message, input);
    }

    [Fact]
    public async Task Each_refusal_has_its_status_and_charges_nothing()
    {
        byte[] chat = Inputs.Chat();
        Signed<InferenceJob> good = Job(chat, Worker.TinyChat);
        NodePayment pay = Promise();
        TokenAmount before = Account.State.Charged;

        await RefusedAsync(StatusCode.Unauthenticated, good with { Message = good.Message with { Seed = 9 } }, pay, chat);
        await RefusedAsync(StatusCode.Unauthenticated, good, pay with { Voucher = pay.Voucher with { MaxClaimableAmount = new TokenAmount(1_000_000) } }, chat);
        await RefusedAsync(StatusCode.Unauthenticated, good, pay, Inputs.Chat(maxTokens: 41));
        await RefusedAsync(StatusCode.FailedPrecondition, good, null, chat);
        await RefusedAsync(StatusCode.FailedPrecondition, good, network.Gateway.Pay(Worker.Address, 1), chat);
        await RefusedAsync(StatusCode.FailedPrecondition, good, network.Gateway.Pay(Worker.Address, 101 * LocalChain.Dollar), chat);
        await RefusedAsync(StatusCode.FailedPrecondition, network.Gateway.Job(Worker.Address, Worker.TinyChat, chat, maxPrice: 100), pay, chat);
        await RefusedAsync(StatusCode.NotFound, network.Gateway.Job(Worker.Address, Worker.TinyChat with { Digest = default }, chat, JobPrice), pay, chat);
        await RefusedAsync(StatusCode.InvalidArgument, Job([1, 2, 3], Worker.TinyChat), pay, [1, 2, 3]);
        await RefusedAsync(StatusCode.InvalidArgument, Job(Inputs.Digits(1, 1, 8, 7), Worker.Digits), pay, Inputs.Digits(1, 1, 8, 7));
        await RefusedAsync(StatusCode.InvalidArgument, Job(Inputs.Digits(1), Worker.TinyChat), pay, Inputs.Digits(1));
        await RefusedAsync(StatusCode.InvalidArgument, Job(Inputs.Chat(maxTokens: 5000), Worker.TinyChat), pay, Inputs.Chat(maxTokens: 5000));
        await RefusedAsync(StatusCode.DeadlineExceeded, network.Gateway.Job(Worker.Address, Worker.TinyChat, chat, JobPrice, deadline: 1), pay, chat);

        Assert.Equal(before, Account.State.Charged);
        Assert.Equal(TokenAmount.Zero, Account.State.Reserved);
        await Eventually.TrueAsync(() => Worker.Running.Slots.Free == Worker.Running.Slots.Total, "every slot is free");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"message\":null,\"signature\":null}")]
    public async Task A_job_that_cannot_be_read_is_invalid(string json)
    {
        RpcException refusal = await DirectRun.RefusedAsync(Worker.Compute, new RunRequest { JobJson = json });
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
    }

    [Fact]
    public async Task An_attempt_runs_once_and_its_voucher_pays_once()
    {
        byte[] input = Inputs.Chat();
        Signed<InferenceJob> job = Job(input, Worker.TinyChat);
        NodePayment payment = Promise();
        RunRequest request = DirectRun.Request(job, payment, input);
        await DirectRun.RunAsync(Worker.Compute, request, Worker.TinyChat, Limit, Network);
        Assert.Equal(StatusCode.AlreadyExists, (await DirectRun.RefusedAsync(Worker.Compute, request)).StatusCode);
        RunRequest replayedVoucher = DirectRun.Request(Job(input, Worker.TinyChat), payment, input);
        Assert.Equal(StatusCode.FailedPrecondition, (await DirectRun.RefusedAsync(Worker.Compute, replayedVoucher)).StatusCode);
    }

    [Fact]
    public async Task Several_jobs_run_side_by_side_on_one_channel()
    {
        byte[] input = Inputs.Chat();
        Signed<InferenceJob>[] jobs = [Job(input, Worker.TinyChat), Job(input, Worker.TinyChat), Job(input, Worker.TinyChat)];
        NodePayment[] payments = [Promise(), Promise(2), Promise(3)];
        Delivery[] all = await Task.WhenAll(jobs.Zip(payments, (job, payment) => DirectRun.RunAsync(
            Worker.Compute, DirectRun.Request(job, network.Gateway.Pay(Worker.Address, (ulong)payments[^1].Voucher.MaxClaimableAmount.Units), input),
            Worker.TinyChat, Limit, Network)));
        Assert.All(all, delivery => Assert.Equal(all[0].Text, delivery.Text));
        Assert.Equal(Account.State.Charged, all.Max(delivery => delivery.Receipt.Message.Cumulative));
        Assert.Equal(3, all.Select(delivery => delivery.Receipt.Message.Cumulative).Distinct().Count());
    }

    /// <summary>The receipt's hash and fingerprints are of as many tokens as it counts; the same seed gives the same tokens again.</summary>
    private async Task AssertStatesAsync(Receipt receipt, InferenceJob job, byte[] input)
    {
        Delivery again = await RunAsync(input, seed: job.Seed);
        var rolling = new RollingOutputHash(job.RequestId, job.Attempt);
        foreach (Chunk chunk in again.Chunks.Take((int)receipt.CompletionTokens))
        {
            rolling.Append([.. chunk.TokenIds], System.Text.Encoding.UTF8.GetBytes(chunk.Text));
        }

        Assert.NotEqual(0u, receipt.CompletionTokens);
        Assert.NotEqual(default, receipt.FingerprintRoot);
        Assert.Equal((job.RequestId, rolling.Value), (receipt.RequestId, receipt.OutputHash));
    }

    private TestWorker Worker => network.Worker;

    private Eip712Domain Network => network.Domain;

    private VoucherAccount Account =>
        Worker.Ledger.Channels.GetValueOrDefault(network.ChannelId, VoucherAccount.Empty);

    private Signed<InferenceJob> Job(byte[] input, ModelOffer model, ulong seed = 1) => network.Gateway.Job(Worker.Address, model, input, JobPrice, seed);

    /// <summary>A voucher that covers what was charged and this many jobs.</summary>
    private NodePayment Promise(uint jobs = 1) =>
        network.Gateway.Pay(Worker.Address, (ulong)(Account.State.Charged + Account.State.Reserved).Units + (jobs * JobPrice));

    private Task<Delivery> RunAsync(byte[] input, ModelOffer? model = null, Usage? limit = null, ulong seed = 1) =>
        RunAsync(Job(input, model ?? Worker.TinyChat, seed), input, model ?? Worker.TinyChat, limit ?? Limit);

    private Task<Delivery> RunAsync(Signed<InferenceJob> job, byte[] input, ModelOffer model, Usage limit, Func<Chunk, Task>? onChunk = null) =>
        DirectRun.RunAsync(Worker.Compute, DirectRun.Request(job, Promise(), input), model, limit, Network, onChunk);

    private async Task RefusedAsync(StatusCode status, Signed<InferenceJob> job, NodePayment? payment, byte[] input)
    {
        RpcException refusal = await DirectRun.RefusedAsync(Worker.Compute, DirectRun.Request(job, payment, input));
        Assert.True(refusal.StatusCode == status, $"Expected {status}, got {refusal.Status}.");
        Assert.NotEmpty(refusal.Status.Detail);
    }
}
