using System.Text.Json.Serialization;

namespace Ncn.Protocol;

/// <summary>What a gateway asks one node to do, signed by the gateway.</summary>
/// <param name="RequestId">The client's request; the same over all attempts.</param>
/// <param name="Attempt">0 for the first node, rising with every node that takes over.</param>
/// <param name="Gateway">Who asks and pays.</param>
/// <param name="Node">Who is asked.</param>
/// <param name="ModelDigest">The model that must run.</param>
/// <param name="InputHash">keccak-256 of the input bytes as sent.</param>
/// <param name="Seed">Seeds sampling: a token is a function of logits, seed and position.</param>
/// <param name="MaxPrice">The most that the node may charge for this attempt, atomic units.</param>
/// <param name="Deadline">Unix milliseconds; the node stops then.</param>
public sealed record InferenceJob(
    RequestId RequestId, uint Attempt, Address Gateway, Address Node, ModelDigest ModelDigest, Hash32 InputHash, [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] ulong Seed,
    TokenAmount MaxPrice, ulong Deadline) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "InferenceJob(bytes32 requestId,uint32 attempt,address gateway,address node,bytes32 modelDigest,bytes32 inputHash,"
        + "uint64 seed,uint128 maxPrice,uint64 deadline,ServiceLevel service)" + ServiceLevel.EncodedType);

    /// <summary>
    /// What the node's offer promises: when the node's own clock finds that it fell short, it charges less, by the rule of
    /// <c>Ncn.Payments.Pricing.ServiceCredit</c>. None holds it to nothing.
    /// </summary>
    public ServiceLevel Service { get; init => field = value ?? ServiceLevel.None; } = ServiceLevel.None;

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Word(RequestId.Value).Number(Attempt).Address(Gateway).Address(Node).Word(ModelDigest.Value).Word(InputHash)
        .Number(Seed).Number(MaxPrice.Units).Number(Deadline).Struct(Service).Hash();
}

/// <summary>What a gateway will charge at most for a request, and what it expects, signed by the gateway.</summary>
public sealed record Quote(
    Address Gateway, uint Subnet, string Model, Hash32 InputHash, TokenAmount Ceiling, TokenAmount Expected, ulong ExpiresAt)
    : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "Quote(address gateway,uint32 subnet,string model,bytes32 inputHash,uint128 ceiling,uint128 expected,uint64 expiresAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Address(Gateway).Number(Subnet).Text(Model).Word(InputHash).Number(Ceiling.Units).Number(Expected.Units)
        .Number(ExpiresAt).Hash();
}

/// <summary>A node's signature under a stream so far: the rolling hash after a chunk.</summary>
/// <param name="ChunkIndex">The chunk, from 0.</param>
/// <param name="RollingHash">See <see cref="RollingOutputHash"/>.</param>
/// <param name="CompletionTokens">Tokens delivered up to and with this chunk in this attempt.</param>
public sealed record StreamCommitment(RequestId RequestId, uint Attempt, uint ChunkIndex, Hash32 RollingHash, uint CompletionTokens)
    : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "StreamCommitment(bytes32 requestId,uint32 attempt,uint32 chunkIndex,bytes32 rollingHash,uint32 completionTokens)");

    /// <summary>Every how many chunks a node signs; the last chunk is signed always.</summary>
    public const int Interval = 16;

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Word(RequestId.Value).Number(Attempt).Number(ChunkIndex).Word(RollingHash).Number(CompletionTokens).Hash();
}
