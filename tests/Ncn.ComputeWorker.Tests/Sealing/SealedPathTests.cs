using Google.Protobuf;
using Grpc.Core;
using Ncn.Actors;
using Ncn.ComputeWorker.Tests.Direct;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using ModelInferResponse = Inference.ModelInferResponse;

namespace Ncn.ComputeWorker.Tests.Sealing;

/// <summary>Jobs that the gateway cannot read: run, billed and receipted like others, and everything that is wrong with one is refused.</summary>
[Collection(NetworkGroup.Name)]
public sealed class SealedPathTests(NetworkFixture network)
{
    private const ulong JobPrice = 20_000;
    private static readonly Usage Limit = new(2000, 1000, 0);

    [Fact]
    public async Task A_sealed_chat_gives_the_same_answer_and_the_gateway_sees_counts_alone()
    {
        byte[] clear = Inputs.Chat(maxTokens: 40);
        Delivery open = await RunAsync(clear, Worker.TinyChat, Limit);
        var (input, answer) = SealedJobs.Seal(Key, Worker.TinyChat.Digest, clear);
        Delivery closed = await RunAsync(input.ToByteArray(), Worker.TinyChat, Limit, isSealed: true);

        Assert.All(closed.Chunks, chunk => Assert.True(chunk.Text.Length == 0 && chunk.TokenIds.Count == 0 && chunk.Tensors.IsEmpty));
        Assert.Equal((open.Receipt.Message.PromptTokens, open.Receipt.Message.CompletionTokens, open.Price), (closed.Receipt.Message.PromptTokens, closed.Receipt.Message.CompletionTokens, closed.Price));
        Assert.Equal(Keccak256.Of(input.ToByteArray()), closed.Receipt.Message.InputHash);
        var (content, end) = SealedJobs.Open(closed.Chunks, answer);
        Assert.Equal(open.Text, string.Concat(content.Select(chunk => chunk.Text)));
        Assert.Equal(open.Tokens, content.SelectMany(chunk => chunk.TokenIds));
        Assert.Equal(open.FinishReason, end.FinishReason);
        Assert.True(FingerprintSet.TryDecode(end.Fingerprints.Span, out var set, out _));
        Assert.Equal(closed.Receipt.Message.FingerprintRoot, set.Root);
        Assert.NotEqual(default, set.Root);
    }

    [Fact]
    public async Task Sealed_tensors_are_billed_by_rows()
    {
        var (input, answer) = SealedJobs.Seal(Key, Worker.Digits.Digest, Inputs.Digits(rows: 3), maxTokens: 5);
        Delivery delivery = await RunAsync(input.ToByteArray(), Worker.Digits, new Usage(0, 0, 5), isSealed: true);
        var (content, _) = SealedJobs.Open(delivery.Chunks, answer);
        Assert.Equal([3, 10], ModelInferResponse.Parser.ParseFrom(Assert.Single(content).Tensors).Outputs.Single().Shape);
        Assert.Equal(3u, delivery.Receipt.Message.CompletionTokens);
        Assert.Equal(UsagePrice.Of(Worker.Digits.Price, new Usage(0, 0, 3)), delivery.Receipt.Message.Price);
    }

    [Fact]
    public async Task A_request_runs_once()
    {
        var (input, _) = SealedJobs.Seal(Key, Worker.TinyChat.Digest, Inputs.Chat());
        byte[] bytes = input.ToByteArray();

        // What was not run for another reason may come again.
        Signed<InferenceJob> job = network.Gateway.Job(Worker.Address, Worker.TinyChat, bytes, JobPrice);
        Assert.Equal(StatusCode.FailedPrecondition, (await DirectRun.RefusedAsync(Worker.Compute, DirectRun.Request(job, network.Gateway.Pay(Worker.Address, 1), bytes))).StatusCode);
        await RunAsync(bytes, Worker.TinyChat, Limit, isSealed: true);
        Assert.Contains("taken before", await RefusedAsync(input), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_opened_is_refused_with_the_reason_and_without_the_content()
    {
        const string Secret = "a very secret sentence";
        byte[] chat = Inputs.Chat();
        using var stranger = HpkePrivateKey.Derive(new byte[32]);
        Input Good() => SealedJobs.Seal(Key, Worker.TinyChat.Digest, chat).Input;
        (string Expected, Input Input)[] wrong =
        [
            ("does not have", SealedJobs.Seal(stranger.PublicKey, Worker.TinyChat.Digest, chat).Input),
            ("does not have", Changed(Good(), box => box.KeyId = ByteString.Empty)),
            ("another model", SealedJobs.Seal(Key, Worker.Digits.Digest, chat).Input),
            ("cannot be opened", Changed(Good(), box => box.Ciphertext = ByteString.CopyFrom([.. box.Ciphertext.Span[..^1], (byte)(box.Ciphertext.Span[^1] ^ 1)]))),
            ("cannot be opened", Changed(Good(), box => box.Ciphertext = ByteString.Empty)),
            ("cannot be opened", Changed(Good(), box => box.EncapsulatedKey = ByteString.CopyFrom(new byte[65]))),
            ("cannot be opened", Changed(Good(), box => box.EncapsulatedKey = ByteString.CopyFrom(stranger.PublicKey.Span))),
            ("seal it again", SealedJobs.Seal(Key, Worker.TinyChat.Digest, chat, issuedAt: DateTimeOffset.UtcNow.AddHours(-1)).Input),
            ("s ahead", SealedJobs.Seal(Key, Worker.TinyChat.Digest, chat, issuedAt: DateTimeOffset.UtcNow.AddHours(1)).Input),
            ("asks for more", SealedJobs.Seal(Key, Worker.TinyChat.Digest, chat, maxTokens: 39).Input),
            ("priority", SealedJobs.Seal(Key, Worker.TinyChat.Digest, new Input { Generate = new GenerateInput { Prompt = Secret, MaxTokens = 1, Priority = 9 } }.ToByteArray()).Input),
            ("no input that tiny-chat takes", SealedJobs.Seal(Key, Worker.TinyChat.Digest, System.Text.Encoding.UTF8.GetBytes(Secret)).Input),
            ("no input that tiny-chat takes", SealedJobs.Seal(Key, Worker.TinyChat.Digest, new Input { Generate = new GenerateInput { MessagesJson = Secret, MaxTokens = 1 } }.ToByteArray()).Input),
            ("no input that tiny-chat takes", SealedJobs.Seal(Key, Worker.TinyChat.Digest, Inputs.Chat(maxTokens: 100_000), maxTokens: 100_000).Input),
            ("no input that tiny-chat takes", SealedJobs.Seal(Key, Worker.TinyChat.Digest, Inputs.Digits(1)).Input),
            ("no input that tiny-chat takes", SealedJobs.Seal(Key, Worker.TinyChat.Digest, Good().ToByteArray()).Input),
        ];
        foreach (var (expected, input) in wrong)
        {
            string detail = await RefusedAsync(input);
            Assert.Contains(expected, detail, StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, detail, StringComparison.Ordinal);
        }

        await Eventually.TrueAsync(() => Worker.Running.Slots.Free == Worker.Running.Slots.Total, "every slot is free");
    }

    [Fact]
    public async Task A_queued_sealed_job_is_rejected()
    {
        var (input, _) = SealedJobs.Seal(Key, Worker.TinyChat.Digest, Inputs.Chat());
        byte[] bytes = input.ToByteArray();
        Signed<InferenceJob> job = network.Gateway.Job(Worker.Address, Worker.TinyChat, bytes, JobPrice);
        network.Gateway.Queue[job.Message.RequestId] = new AcceptedJob(job, Promise(), bytes);
        var message = new WorkMessage(job.Message.RequestId, 1, network.Gateway.Url, "tiny-chat");
        using var body = new ByteArrayContent(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(message, ProtocolJson.Options));
        body.Headers.ContentType = new("application/json");
        using HttpResponseMessage response = await Worker.Http.PostAsync("work-text", body);
        Assert.True(response.IsSuccessStatusCode);
        Assert.Contains(network.Gateway.Rejections, each => each.Message.Contains("direct path alone", StringComparison.Ordinal));
    }

    private TestWorker Worker => network.Worker;

    private HpkePublicKey Key => Worker.EncryptionKey;

    private static Input Changed(Input input, Action<SealedInput> change)
    {
        change(input.Sealed);
        return input;
    }

    private NodePayment Promise()
    {
        var state = Worker.Ledger.Channels.TryGetValue(network.ChannelId, out var account) ? account.State : null;
        TokenAmount total = state is null ? TokenAmount.Zero : state.Charged + state.Reserved;
        return network.Gateway.Pay(Worker.Address, (ulong)total.Units + JobPrice);
    }

    private Task<Delivery> RunAsync(byte[] input, ModelOffer model, Usage limit, bool isSealed = false) => DirectRun.RunAsync(
        Worker.Compute, DirectRun.Request(network.Gateway.Job(Worker.Address, model, input, JobPrice), Promise(), input), model, limit, network.Domain, isSealed: isSealed);

    private async Task<string> RefusedAsync(Input input)
    {
        byte[] bytes = input.ToByteArray();
        Signed<InferenceJob> job = network.Gateway.Job(Worker.Address, Worker.TinyChat, bytes, JobPrice);
        RpcException refusal = await DirectRun.RefusedAsync(Worker.Compute, DirectRun.Request(job, Promise(), bytes));
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        return refusal.Status.Detail;
    }
}
