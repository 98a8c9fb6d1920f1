using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Tests.Escrow;
using Ncn.Tests.Models;

namespace Ncn.ComputeWorker.Tests.Direct;

/// <summary>Two workers of different operators, a validator that one of them knows, and two models that differ in their weights alone.</summary>
public sealed class AuditFixture(NetworkFixture network) : IAsyncLifetime
{
    public const string Honest = "honest";
    public const string Swapped = "swapped";

    private static readonly Usage Limit = new(2000, 1000, 0);

    internal TestGateway Gateway { get; private set; } = null!;

    /// <summary>Runs jobs.</summary>
    internal TestWorker Runner { get; private set; } = null!;

    /// <summary>Re-runs them.</summary>
    internal TestWorker Auditor { get; private set; } = null!;

    /// <summary>May ask <see cref="Auditor"/>.</summary>
    internal Party Validator { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        string models = Directory.CreateTempSubdirectory("ncn-audit-").FullName;
        Calibrate(DecoderFolder.Write(models, DecoderShape.Tiny, Honest), "\"text\":{\"logprob\":4,\"margin\":1024,\"doubtsPerMillion\":100}");
        DecoderFolder.Write(models, DecoderShape.Tiny with { Seed = 2 }, Swapped);
        Calibrate(ModelFolder.WriteTensor(models, "mlp", MlpModel.Graph([4, 4])), "\"outputs\":[{\"name\":\"output\",\"absolute\":1000,\"relative\":1000}]");
        ModelFolder.WriteTensor(models, "uncalibrated", MlpModel.Graph([4, 4], seed: 2));
        Gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        Validator = await network.NewPartyAsync(0);
        Runner = await StartAsync(models);
        Auditor = await StartAsync(models, ("Ncn:Worker:Validators", $" {Validator.Address} , {Address.Zero}"));
        await Eventually.NextAsync(Gateway.Joins);
        await Eventually.NextAsync(Gateway.Joins);
    }

    public async Task DisposeAsync()
    {
        await Runner.DisposeAsync();
        await Auditor.DisposeAsync();
        await Gateway.DisposeAsync();
    }

    internal static byte[] Prompt(uint maxTokens, float temperature = 1, params int[] committed)
    {
        var generate = new GenerateInput { Prompt = "the sea and the sun", MaxTokens = maxTokens, Temperature = temperature };
        generate.CommittedTokens.AddRange(committed);
        return new Input { Generate = generate }.ToByteArray();
    }

    /// <summary>A job for the runner.</summary>
    internal Signed<InferenceJob> Job(byte[] input, string model = Honest, ulong seed = 1) =>
        Gateway.Job(Runner.Address, Runner.Offer(model), input, maxPrice: 0, seed);

    internal Task<Delivery> RunAsync(Signed<InferenceJob> job, byte[] input, Func<Chunk, Task>? onChunk = null) => DirectRun.RunAsync(
        Runner.Compute, DirectRun.Request(job, null, input), Runner.Offer(Honest) with { Price = ModelPrice.Free }, Limit, network.Domain, onChunk);

    /// <summary>A call of the validator, or of whoever else, for an answer.</summary>
    internal FingerprintRequest Call(Signed<InferenceJob> job, byte[] input, IEnumerable<int> tokens, Func<FingerprintCall, Signed<FingerprintCall>>? sign = null)
    {
        var call = new FingerprintCall(
            Auditor.Address, Validator.Address, job.Message.StructHash(), (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        var request = new FingerprintRequest
        {
            JobJson = JsonSerializer.Serialize(job, ProtocolJson.Options),
            CallerJson = JsonSerializer.Serialize(sign?.Invoke(call) ?? Sign(Validator, call), ProtocolJson.Options),
            Input = ByteString.CopyFrom(input),
        };
        request.TokenIds.AddRange(tokens);
        return request;
    }

    internal Signed<FingerprintCall> Sign(Party party, FingerprintCall call) => party.Signer.Sign(call, network.Domain);

    /// <summary>What the auditor's own model says of an answer.</summary>
    internal async Task<FingerprintSet> AuditAsync(Signed<InferenceJob> job, byte[] input, IEnumerable<int> tokens)
    {
        FingerprintReply reply = await Auditor.Compute.FingerprintAsync(Call(job, input, tokens));
        Assert.True(FingerprintSet.TryDecode(reply.Fingerprints.Span, out FingerprintSet? set, out string? problem), problem);
        Assert.Equal(set.Root.ToArray(), reply.Root.ToByteArray());
        return set;
    }

    /// <summary>What a node states that was asked for one model and runs another.</summary>
    internal async Task<(int[] Tokens, FingerprintSet Stated)> CheatAsync(InferenceJob job, byte[] input)
    {
        LoadedDecoder other = Runner.Decoder(Swapped);
        var asked = (JobInput.Generate)JobInput.Parse(input, other, job.Seed);
        var tokens = new List<GenerationEvent.Token>();
        await foreach (GenerationEvent next in other.Engine.GenerateAsync(asked.Request with { EvidenceAt = static _ => true }, CancellationToken.None))
        {
            tokens.AddRange(new[] { next }.OfType<GenerationEvent.Token>());
        }

        IEnumerable<int> positions = new FingerprintPositions(job.StructHash()).Of(tokens.Count);
        return ([.. tokens.Select(token => token.TokenId)], FingerprintSet.Of(positions.Select(position => JobEvidence.Of(tokens[position], committed: 0))));
    }

    internal async Task<RpcException> RefusedAsync(FingerprintRequest request) =>
        await Assert.ThrowsAsync<RpcException>(async () => await Auditor.Compute.FingerprintAsync(request));

    private static void Calibrate(string folder, string tolerance) => File.WriteAllText(
        Path.Combine(folder, "tolerances.json"), $$"""{"model":"m","version":"1","pairs":[{"stated":"CPU","found":"CPU","samples":1,{{tolerance}}}]}""");

    private async Task<TestWorker> StartAsync(string models, params (string, string)[] more) => await TestWorker.StartAsync(
        await network.NewPartyAsync(0), Gateway, null, [("Ncn:Network:FreeOfCharge", "true"), ("Ncn:Worker:Models", models), .. more]);
}
