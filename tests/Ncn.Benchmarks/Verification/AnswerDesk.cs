using Ncn.Inference.Generation;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Verification.Checks;

namespace Ncn.Benchmarks.Verification;

/// <summary>Writes answers as a worker does, evidence and all, and checks them as a validator does.</summary>
internal sealed class AnswerDesk(DecoderModel model, ModelTolerances tolerances) : IDisposable
{
    private static readonly Eip712Domain Domain = Eip712Domain.Network(1, Address.Zero);

    private readonly Signer _gateway = new(Keccak256.Hash("gateway"u8));
    private readonly Signer _node = new(Keccak256.Hash("node"u8));
    private long _requests;

    public void Dispose()
    {
        _gateway.Dispose();
        _node.Dispose();
    }

    /// <summary>Generates; at every position the likeliest tokens are kept, as the worker keeps them.</summary>
    public static async Task<IReadOnlyList<GenerationEvent>> GenerateAsync(DecoderModel model, GenerationRequest asked)
    {
        var events = new List<GenerationEvent>();
        await foreach (GenerationEvent next in model.GenerateAsync(asked with { EvidenceAt = static _ => true }, CancellationToken.None))
        {
            events.Add(next);
        }

        return events;
    }

    /// <summary>What the gateway has to show for it.</summary>
    public ReceiptEvidence Evidence(GenerationRequest asked, IReadOnlyList<GenerationEvent> events)
    {
        byte[] input = BitConverter.GetBytes(++_requests);
        var job = new InferenceJob(
            new RequestId(Keccak256.Of(input)), 0, _gateway.Address, _node.Address, default, Keccak256.Of(input), asked.Sampling.Seed, TokenAmount.Zero, ulong.MaxValue);
        GenerationEvent.Token[] tokens = [.. events.OfType<GenerationEvent.Token>()];
        GenerationEvent.Finished end = events.OfType<GenerationEvent.Finished>().Single();
        FingerprintSet fingerprints = FingerprintSet.Of(new FingerprintPositions(job.StructHash()).Of(tokens.Length)
            .Select(at => Fingerprint.Of(at, tokens[at].TokenId, tokens[at].Evidence!.Select(top => (top.TokenId, top.Logprob)))));
        OutputPiece[] pieces = [.. tokens.Select(token => new OutputPiece([token.TokenId], token.Text, null)), new OutputPiece([], end.Text, null)];
        var hash = new RollingOutputHash(job.RequestId, 0);
        foreach (OutputPiece piece in pieces)
        {
            hash.Append([.. piece.TokenIds], System.Text.Encoding.UTF8.GetBytes(piece.Text));
        }

        var receipt = new Receipt(
            job.RequestId, 0, job.Node, job.Gateway, default, job.InputHash, hash.Value, job.Seed, (uint)asked.Prompt.Length, (uint)tokens.Length, TokenAmount.Zero, default,
            TokenAmount.Zero, fingerprints.Root, 1, 2);
        return new ReceiptEvidence(0, _gateway.Sign(job, Domain), _node.Sign(receipt, Domain), false, input, pieces, fingerprints.Encode());
    }

    /// <summary>Evidence, re-run and comparison, signatures too: all that a check costs but for the network.</summary>
    public async Task<CheckOutcome> CheckAsync(GenerationRequest asked, ReceiptEvidence evidence)
    {
        if (ReceiptCheck.Problem(evidence, Domain) is { } problem)
        {
            return problem;
        }

        int[] tokens = [.. evidence.TokenIds()];
        HashSet<int> wanted = [.. new FingerprintPositions(evidence.Job.Message.StructHash()).Of(tokens.Length)];
        ReplayReport report = await model.ReplayAsync(asked, tokens, wanted.Contains, CancellationToken.None);
        var found = new TextRerun(
            FingerprintSet.Of(report.Scored.Select(at => Fingerprint.Of(at.Position, tokens[at.Position], at.Top.Select(top => (top.TokenId, top.Logprob))))),
            (uint)report.Tokens, [.. report.Doubts.Select(doubt => new RerunDoubt((uint)doubt.Position, doubt.Drawn, doubt.Steps))], report.Pieces, report.Rest,
            report.Finish switch { FinishReason.Stop => AnswerEnding.Stop, FinishReason.Length => AnswerEnding.Length, _ => null }, report.StopSteps);
        return TextCheck.Compare(evidence, new Rerun("CPU", "CPU", (uint)asked.Prompt.Length, 0, tolerances) { Text = found });
    }
}
