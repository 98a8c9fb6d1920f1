using System.Text;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>A piece of an answer as its node sent it: the rolling hash is over these pieces, not over the whole text.</summary>
/// <param name="TokenIds">Empty for tensors.</param>
/// <param name="Text">Empty for tensors.</param>
/// <param name="Tensors">A serialised <c>inference.ModelInferResponse</c>; null for text.</param>
public sealed record OutputPiece(IReadOnlyList<int> TokenIds, string Text, byte[]? Tensors);

/// <summary>A receipt with all that a validator needs to have its attempt re-run: the answer of <c>GET /ncn/v1/receipts/{period}/{index}</c>.</summary>
/// <param name="Index">In the period's list.</param>
/// <param name="Job">What the gateway asked for.</param>
/// <param name="Receipt">What the node stated.</param>
/// <param name="IsSealed">The gateway has seen neither input nor answer: both are empty, and nobody can re-run it.</param>
/// <param name="Input">The serialised <c>ncn.compute.v1.Input</c> as the node got it: prompt, options, and the tokens that it went on after.</param>
/// <param name="Output">What the node sent, in its order.</param>
/// <param name="Fingerprints">The encoded <see cref="FingerprintSet"/>; empty for a model that gives no tokens.</param>
public sealed record ReceiptEvidence(
    uint Index, Signed<InferenceJob> Job, Signed<Receipt> Receipt, bool IsSealed, byte[] Input, IReadOnlyList<OutputPiece> Output, byte[] Fingerprints)
{
    /// <summary>True when this gateway asked the node to stop before the answer's end; a node that ends an answer unasked has cut it.</summary>
    public bool WasStopped { get; init; }

    /// <summary>The tokens of the answer, all pieces together.</summary>
    public IEnumerable<int> TokenIds() => Output.SelectMany(static piece => piece.TokenIds);

    /// <summary>
    /// What does not fit together in it; null when gateway and node have signed for all of it: then no byte of it can be the other's invention.
    /// </summary>
    /// <param name="leaf">The leaf that was committed.</param>
    /// <param name="domain"><see cref="Eip712Domain.Network"/>.</param>
    public string? Problem(ReceiptLeaf leaf, Eip712Domain domain)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        var (job, receipt) = (Job.Message, Receipt.Message);
        return ReceiptLeaf.Of(receipt) != leaf ? "the receipt is not the one that was committed"
            : !Receipt.IsSignedBy(receipt.Node, domain) ? "the receipt is not signed by its node"
            : !Job.IsSignedBy(receipt.Gateway, domain) ? "the job is not signed by the receipt's gateway"
            : job.RequestId != receipt.RequestId || job.Attempt != receipt.Attempt || job.Node != receipt.Node || job.Gateway != receipt.Gateway
                || job.ModelDigest != receipt.ModelDigest || job.InputHash != receipt.InputHash || job.Seed != receipt.Seed ? "the job is not the receipt's"
            : IsSealed ? null
            : Keccak256.Of(Input) != receipt.InputHash ? "the input is not the receipt's"
            : OutputHash() != receipt.OutputHash ? "the output is not the receipt's"
            : FingerprintProblem(receipt.FingerprintRoot);
    }

    /// <summary>The rolling hash over what is shown.</summary>
    public Hash32 OutputHash()
    {
        var rolling = new RollingOutputHash(Receipt.Message.RequestId, Receipt.Message.Attempt);
        foreach (var piece in Output)
        {
            rolling.Append([.. piece.TokenIds], piece.Tensors ?? Encoding.UTF8.GetBytes(piece.Text));
        }

        return rolling.Value;
    }

    private string? FingerprintProblem(Hash32 root) =>
        !FingerprintSet.TryDecode(Fingerprints, out var set, out var problem) ? problem : set.Root != root ? "the fingerprints are not the receipt's" : null;
}
