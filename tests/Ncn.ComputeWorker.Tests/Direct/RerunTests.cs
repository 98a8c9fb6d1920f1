using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Inference;
using Ncn.Inference;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Verification.Checks;
using Ncn.Verification.Grpc;

namespace Ncn.ComputeWorker.Tests.Direct;

/// <summary>A validator's check over the wire: a real node answers, a real worker of another operator runs it again.</summary>
[Collection(NetworkGroup.Name)]
public sealed class RerunTests(AuditFixture audit, NetworkFixture network) : IClassFixture<AuditFixture>
{
    [Theory]
    [InlineData(1, 1, new int[0])]
    [InlineData(16, 0, new int[0])]
    [InlineData(90, 1, new int[0])]
    [InlineData(40, 1, new[] { 5, 6, 7 })]
    public async Task An_honest_answer_of_tokens_passes(uint maxTokens, float temperature, int[] committed)
    {
        (ReceiptEvidence evidence, _) = await AnswerAsync(AuditFixture.Prompt(maxTokens, temperature, committed), seed: 3);
        Assert.Equal(CheckOutcome.Passed, await CheckAsync(evidence));
    }

    [Fact]
    public async Task An_answer_by_another_seed_is_caught_though_its_fingerprints_are_the_models()
    {
        (ReceiptEvidence evidence, _) = await AnswerAsync(AuditFixture.Prompt(40), seed: 3);
        (ReceiptEvidence asked, byte[] input) = await AnswerAsync(AuditFixture.Prompt(40), seed: 4);

        // The node prefills the old answer for the new job, and signs.
        int[] tokens = [.. evidence.TokenIds()];
        FingerprintSet honest = await audit.AuditAsync(asked.Job, input, tokens);
        ReceiptEvidence copied = asked with { Output = evidence.Output, Fingerprints = honest.Encode() };
        Receipt receipt = asked.Receipt.Message with { OutputHash = copied.OutputHash(), CompletionTokens = (uint)tokens.Length, FingerprintRoot = honest.Root };
        CheckOutcome outcome = await CheckAsync(copied with { Receipt = audit.Runner.Services.GetRequiredService<NodeIdentity>().Sign(receipt) });
        Assert.Equal((CheckResult.Failed, CheckReason.Sampling), (outcome.Result, outcome.Reason));
    }

    [Fact]
    public async Task More_tokens_than_were_asked_for_are_no_answer()
    {
        (ReceiptEvidence evidence, byte[] input) = await AnswerAsync(AuditFixture.Prompt(20), seed: 3);
        RpcException refusal = await audit.RefusedAsync(audit.Call(evidence.Job, input, [.. evidence.TokenIds(), 1]));
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
    }

    [Fact]
    public async Task Tensors_are_compared_number_by_number_where_a_tolerance_was_measured()
    {
        Assert.Equal(CheckOutcome.Passed, await CheckAsync(await InferAsync("mlp")));
        Assert.Equal(CheckOutcome.Unchecked(CheckReason.NotCalibrated), await CheckAsync(await InferAsync("uncalibrated")));
    }

    [Fact]
    public async Task An_answer_of_another_execution_provider_is_re_run_and_not_judged_by_tolerances_of_this_one()
    {
        byte[] input = AuditFixture.Prompt(20);
        Signed<InferenceJob> job = audit.Job(input);
        int[] tokens = (await audit.RunAsync(job, input)).Tokens;
        Signed<InferenceJob> elsewhere = audit.Gateway.Sign(job.Message with { ModelDigest = audit.Runner.Decoder(AuditFixture.Honest).DigestOn(InferenceOptions.Cuda) });
        Rerun rerun = RerunReader.Read(await audit.Auditor.Compute.FingerprintAsync(audit.Call(elsewhere, input, tokens)));
        Assert.Equal(("CUDA", "CPU", null), (rerun.StatedProvider, rerun.FoundProvider, rerun.Tolerance));
        Assert.NotNull(rerun.Tolerances);
        Assert.Equal(tokens.Length, (int)rerun.Text!.Taken);
    }

    private async Task<(ReceiptEvidence Evidence, byte[] Input)> AnswerAsync(byte[] input, ulong seed)
    {
        Signed<InferenceJob> job = audit.Job(input, seed: seed);
        Delivery delivery = await audit.RunAsync(job, input);
        OutputPiece[] pieces = [.. delivery.Chunks.Select(chunk => new OutputPiece([.. chunk.TokenIds], chunk.Text, null))];
        return (new ReceiptEvidence(0, job, delivery.Receipt, false, input, pieces, delivery.Fingerprints.Encode()), input);
    }

    private async Task<ReceiptEvidence> InferAsync(string model)
    {
        var request = new ModelInferRequest { ModelName = model };
        var tensor = new ModelInferRequest.Types.InferInputTensor { Name = "input", Datatype = "FP32" };
        tensor.Shape.AddRange([2, 4]);
        request.Inputs.Add(tensor);
        request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes<float>([1, 2, 3, 4, 5, 6, 7, 8])));
        byte[] input = new Input { Tensors = request.ToByteString() }.ToByteArray();
        Signed<InferenceJob> job = audit.Job(input, model);
        Delivery delivery = await DirectRun.RunAsync(
            audit.Runner.Compute, DirectRun.Request(job, null, input), audit.Runner.Offer(model) with { Price = ModelPrice.Free }, new Usage(0, 0, 2), network.Domain);
        ByteString answer = delivery.Chunks.Single().Tensors;
        return new ReceiptEvidence(0, job, delivery.Receipt, false, input, [new OutputPiece([], "", answer.ToByteArray())], []);
    }

    private Task<CheckOutcome> CheckAsync(ReceiptEvidence evidence) => new AnswerChecker(audit.Auditor.Compute, new CheckParties(
        audit.Auditor.Address, audit.Validator.Address, call => audit.Sign(audit.Validator, call), network.Domain))
        .CheckAsync(evidence, (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), CancellationToken.None);
}
