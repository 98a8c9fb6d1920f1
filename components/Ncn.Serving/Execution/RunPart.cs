using Google.Protobuf;
using Ncn.Actors;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Execution;

/// <summary>What a run yields: for each choice any number of pieces, then one end; the choices' parts come in between each other.</summary>
public abstract record RunPart
{
    /// <summary>Which choice it belongs to, from 0.</summary>
    public int Choice { get; init; }

    /// <summary>Its number in the answer, from 1; 0 before it has one.</summary>
    public long Sequence { get; init; }

    /// <summary>Delivered tokens with their text.</summary>
    public sealed record Text(IReadOnlyList<int> TokenIds, string Content, uint PromptTokens) : RunPart
    {
        /// <summary>The model that it came from: the one that was asked for, or one of its fallbacks.</summary>
        public string Model { get; init; } = string.Empty;

        /// <summary>One for each token; null when they were not asked for.</summary>
        public IReadOnlyList<TokenLogprobs>? Logprobs { get; init; }

        /// <summary>What the node signed with this piece; null for a piece that it did not sign. Verified where the request asked for commitments.</summary>
        public ChunkCommitment? Commitment { get; init; }
    }

    /// <summary>A part that the client alone can read.</summary>
    /// <param name="Tokens">Tokens in it; rows for tensors.</param>
    public sealed record Sealed(ByteString Content, uint Tokens, uint PromptTokens) : RunPart;

    /// <summary>A tensor model's whole answer.</summary>
    public sealed record Tensors(Inference.ModelInferResponse Response) : RunPart;

    /// <summary>The end of a choice, with the verified receipt of the node that finished it.</summary>
    /// <param name="PromptTokens">Tokens of the client's prompt.</param>
    /// <param name="CompletionTokens">Tokens over all attempts.</param>
    /// <param name="Rows">Rows of a tensor request.</param>
    public sealed record Finished(
        Signed<Receipt> Receipt, ModelOffer Offer, string FinishReason, uint PromptTokens, uint CompletionTokens, uint Rows,
        uint Attempts) : RunPart
    {
        /// <summary>What an audit of the last attempt needs; null for a model that gives no tokens.</summary>
        public AttemptEvidence? Evidence { get; init; }

        /// <summary>How fast the answer came, by this gateway's clock, and what that takes off its price.</summary>
        public ServiceReport Service { get; init; } = ServiceReport.None;

        /// <summary>Earlier legs of a run whose payment grew, each with a receipt of its own; empty for a run in one.</summary>
        public IReadOnlyList<Finished> Earlier { get; init; } = [];

        /// <summary>What was used of the node whose receipt this is.</summary>
        public Usage OwnUsage => Usage with { CompletionTokens = CompletionTokens - (uint)Earlier.Sum(static leg => leg.CompletionTokens) };

        /// <summary>What the client used.</summary>
        public Usage Usage => new(PromptTokens, CompletionTokens, Rows);
    }
}

/// <summary>What the node promised, what this gateway measured from the job's dispatch on, and the credit for the difference.</summary>
/// <param name="CreditBasisPoints">The share by the rule of <see cref="ServiceCredit"/>.</param>
/// <param name="Credit">What the client does not pay, atomic units: that share of its price, so far as the node's own credit and the gateway's margin cover it.</param>
public sealed record ServiceReport(ServiceLevel Promised, ServiceMeasure Measured, uint CreditBasisPoints, TokenAmount Credit)
{
    /// <summary>Nothing was promised, nothing measured.</summary>
    public static ServiceReport None { get; } = new(ServiceLevel.None, default, 0, default);
}

/// <summary>A node's signature over all that it has delivered so far in an attempt: it makes the bytes attributable before the end.</summary>
/// <param name="ChunkIndex">The node's number of the piece that it came with.</param>
/// <param name="Tokens">Tokens of the attempt up to and with this piece.</param>
/// <param name="Signature">Over the EIP-712 StreamCommitment of the request's id and the members here.</param>
public sealed record ChunkCommitment(Address Node, uint Attempt, uint ChunkIndex, Hash32 RollingHash, uint Tokens, Signature Signature)
{
    /// <summary>True when the node signed it for this request.</summary>
    public bool IsSignedFor(RequestId request, Eip712Domain network) =>
        new Signed<StreamCommitment>(new StreamCommitment(request, Attempt, ChunkIndex, RollingHash, Tokens), Signature).IsSignedBy(Node, network);
}
