using System.Text;
using Ncn.OpenInference.Messages;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.OpenAi;

namespace Ncn.Serving.Execution;

/// <summary>Checks a node's stream as it arrives: the rolling hash of every chunk, the signatures due, the receipt and its fingerprints at the end.</summary>
/// <remarks>
/// Pure but for the elliptic curve; the same check serves the direct and the queued path, and clients can run it too. Of a sealed answer
/// it sees sealed bytes and counts: it holds the node to those, and to sending nothing in clear beside them.
/// </remarks>
/// <param name="isSealed">True when the input was sealed, and the output must be.</param>
/// <param name="checksCommitments">
/// False when nobody wants to see the signatures of chunks: the receipt's covers the same bytes, and who needs one of them as evidence, because
/// no receipt came, checks that one (<see cref="ChunkCommitment.IsSignedFor"/>).
/// </param>
public sealed class OutputVerifier(
    InferenceJob job, ModelOffer offer, Usage limit, Eip712Domain networkDomain, bool isSealed = false, bool checksCommitments = true)
{
    // Text that was held back to the end, and the sealed end.
    private const int MaxEmptySealed = 2;
    private const int MaxTopLogprobs = 20;
    private const int MaxTokenBytes = 1024;

    private readonly RollingOutputHash _rolling = new(job.RequestId, job.Attempt);
    private uint _chunks;
    private bool _lastWasSigned;
    private uint _sealedRows;
    private int _emptySealed;
    private readonly List<int> _delivered = [];
    private readonly List<Chunk> _accepted = [];

    /// <summary>Only the client can read the output.</summary>
    public bool IsSealed => isSealed;

    /// <summary>The chunks that continued the chain, in their order.</summary>
    public IReadOnlyList<Chunk> Chunks => _accepted;

    /// <summary>The tokens seen so far in this attempt; none of a sealed answer.</summary>
    public IReadOnlyList<int> TokenIds => _delivered;

    /// <summary>Tokens seen so far in this attempt.</summary>
    public uint Tokens { get; private set; }

    /// <summary>The newest signature over what was delivered, verified where commitments are checked; null before the first.</summary>
    public ChunkCommitment? LastCommitment { get; private set; }

    /// <summary>Null when the chunk is what the node committed to; what is wrong otherwise.</summary>
    public string? Accept(Chunk chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        var index = _chunks;
        if (chunk.Index != index)
        {
            return $"chunk {chunk.Index} came where {index} was due";
        }

        if (ContentProblem(chunk) is { } problem)
        {
            return problem;
        }

        var content = isSealed ? chunk.Sealed.Span : chunk.Tensors.Length > 0 ? chunk.Tensors.Span : Encoding.UTF8.GetBytes(chunk.Text);
        var head = _rolling.Append([.. chunk.TokenIds], content);
        _chunks++;
        Count(chunk);
        _delivered.AddRange(chunk.TokenIds);
        if (chunk.RollingHash.Length != Hash32.Size || new Hash32(chunk.RollingHash.Span) != head)
        {
            return $"chunk {index} does not continue the hash chain";
        }

        _accepted.Add(chunk);
        _lastWasSigned = !chunk.Commitment.IsEmpty;
        var due = (index + 1) % StreamCommitment.Interval == 0;
        return due && !_lastWasSigned ? $"chunk {index} must be signed and is not"
            : _lastWasSigned && !IsCommitted(chunk, head) ? $"the signature of chunk {index} is not the node's"
            : Tokens > limit.CompletionTokens && limit.Rows == 0 ? $"more than {limit.CompletionTokens} tokens came"
            : null;
    }

    /// <summary>Null when the receipt fits the job and what was seen; what is wrong otherwise.</summary>
    /// <param name="fingerprints">The encoded <see cref="FingerprintSet"/> under the receipt's root, as the node sent it.</param>
    public string? Accept(Signed<Receipt> receipt, ReadOnlySpan<byte> fingerprints)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        var stated = receipt.Message;
        return stated.RequestId != job.RequestId || stated.Attempt != job.Attempt ? "the receipt is for another job"
            : stated.Node != job.Node || stated.Gateway != job.Gateway ? "the receipt names other parties"
            : stated.ModelDigest != job.ModelDigest ? "the receipt names another model"
            : stated.InputHash != job.InputHash || stated.Seed != job.Seed ? "the receipt names another input or seed"
            : stated.OutputHash != _rolling.Value ? "the receipt's output is not what was delivered"
            : offer.Kind != ModelOffer.Decoder && _chunks == 0 ? "no output was delivered"
            : _chunks > 0 && !_lastWasSigned ? "the last chunk is not signed"
            : !CountsFit(stated) ? "the receipt's token counts are not what was delivered"
            : !PriceFits(stated) ? "the receipt's price is not the offer's"
            : !receipt.IsSignedBy(job.Node, networkDomain) ? "the receipt's signature is not the node's"
            : FingerprintProblem(stated.FingerprintRoot, fingerprints);
    }

    // The fingerprints of a sealed answer are for the client alone: they would tell a token in sixteen.
    private string? FingerprintProblem(Hash32 root, ReadOnlySpan<byte> encoded)
    {
        if (isSealed)
        {
            return encoded.IsEmpty ? null : "fingerprints of a sealed answer came in clear";
        }

        if (!FingerprintSet.TryDecode(encoded, out var set, out var problem))
        {
            return problem;
        }

        return set.Root != root ? "the fingerprints are not those of the receipt's root" : set.Problem(new FingerprintPositions(job.StructHash()), _delivered);
    }

    private void Count(Chunk chunk)
    {
        var isText = offer.Kind == ModelOffer.Decoder;
        Tokens += (uint)chunk.TokenIds.Count + (isText ? chunk.SealedTokens : 0);
        _sealedRows += isText ? 0 : chunk.SealedTokens;
    }

    private string? ContentProblem(Chunk chunk) =>
        isSealed ? SealedProblem(chunk)
        : !chunk.Sealed.IsEmpty || chunk.SealedTokens > 0 ? "a sealed part came in an answer to a request that is not"
        : offer.Kind == ModelOffer.Decoder ? TextProblem(chunk) : TensorProblem(chunk) ?? VectorProblem(chunk);

    // Counts are bounded before they are added: a node may state any number.
    private string? SealedProblem(Chunk chunk) =>
        chunk.TokenIds.Count > 0 || chunk.Text.Length > 0 || !chunk.Tensors.IsEmpty || chunk.Logprobs.Count > 0 ? "a part of a sealed answer came in clear"
        : chunk.Sealed.IsEmpty ? "an empty part came in a sealed answer"
        : offer.Kind == ModelOffer.Decoder && chunk.SealedTokens > limit.CompletionTokens - Tokens ? $"more than {limit.CompletionTokens} tokens came"
        : offer.Kind != ModelOffer.Decoder && chunk.SealedTokens > limit.Rows - _sealedRows ? $"more than {limit.Rows} rows came"
        : chunk.SealedTokens == 0 && ++_emptySealed > MaxEmptySealed ? $"more than {MaxEmptySealed} sealed parts came without a token or row"
        : null;

    // The whole output of a tensor model is one chunk, and it must be readable before anyone is charged for it.
    private static string? TensorProblem(Chunk chunk) =>
        chunk.Index > 0 ? "a second output came"
        : ResponseCheck.IsReadable(chunk.Tensors) ? null
        : "the output is no readable inference response";

    private string? VectorProblem(Chunk chunk) =>
        offer.Kind != ModelOffer.Embedding || EmbeddingVectors.Read(Inference.ModelInferResponse.Parser.ParseFrom(chunk.Tensors), limit.Rows) is not null ? null
        : $"the output is not {limit.Rows} vectors of finite numbers";

    private static string? TextProblem(Chunk chunk) =>
        !chunk.Tensors.IsEmpty ? "tensors came from a model that gives text"
        : chunk.Logprobs.Count > 0 && chunk.Logprobs.Count != chunk.TokenIds.Count ? "the log-probabilities are not one for each token"
        : chunk.Logprobs.Any(static token => token.Top.Count > MaxTopLogprobs || token.Text.Length > MaxTokenBytes || token.Top.Any(static other => other.Text.Length > MaxTokenBytes))
            ? "the log-probabilities are larger than any can be"
        : null;

    // A node that missed the service level which the job holds it to charges less, by its own clock.
    private bool PriceFits(Receipt receipt)
    {
        var full = UsagePrice.Of(offer.Price, UsageOf(receipt));
        var least = job.Service.IsNone ? full : full - ServiceCredit.Of(full, ServiceCredit.MaxBasisPoints);
        return receipt.Price >= least && receipt.Price <= full && receipt.Price <= job.MaxPrice;
    }

    private Usage UsageOf(Receipt receipt) => offer.Kind == ModelOffer.Decoder
        ? new Usage(receipt.PromptTokens, receipt.CompletionTokens, 0)
        : new Usage(receipt.PromptTokens, 0, receipt.CompletionTokens);

    private bool CountsFit(Receipt receipt) => offer.Kind == ModelOffer.Decoder
        ? receipt.CompletionTokens == Tokens && receipt.PromptTokens <= limit.PromptTokens
        : receipt.CompletionTokens == (isSealed ? _sealedRows : limit.Rows) && receipt.PromptTokens <= limit.PromptTokens;

    private bool IsCommitted(Chunk chunk, Hash32 head)
    {
        if (chunk.Commitment.Length != Signature.Size)
        {
            return false;
        }

        var commitment = new ChunkCommitment(job.Node, job.Attempt, chunk.Index, head, Tokens, new Signature(chunk.Commitment.Span));
        if (checksCommitments && !commitment.IsSignedFor(job.RequestId, networkDomain))
        {
            return false;
        }

        LastCommitment = commitment;
        return true;
    }
}
