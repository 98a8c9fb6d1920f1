namespace Ncn.Protocol;

/// <summary>The head of a request from one discovery peer to another, signed by the sender's identity key.</summary>
/// <param name="From">Who asks.</param>
/// <param name="To">Who is asked: nobody else answers.</param>
/// <param name="SentAt">Unix milliseconds; counts for a minute.</param>
/// <param name="Nonce">Random; no peer answers the same one twice.</param>
/// <param name="ContentHash">keccak-256 of the content's bytes as sent.</param>
public sealed record DiscoveryCall(PeerId From, PeerId To, ulong SentAt, Hash32 Nonce, Hash32 ContentHash) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "DiscoveryCall(bytes32 from,bytes32 to,uint64 sentAt,bytes32 nonce,bytes32 contentHash)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Word(From.Value).Word(To.Value).Number(SentAt).Word(Nonce).Word(ContentHash).Hash();
}

/// <summary>The head of the answer, signed by the identity key of the peer that was asked.</summary>
/// <param name="From">Who answers.</param>
/// <param name="Call"><see cref="DiscoveryCall.StructHash"/> of the request: an answer to another one, or from another time, does not fit.</param>
/// <param name="ContentHash">keccak-256 of the content's bytes as sent.</param>
public sealed record DiscoveryReply(PeerId From, Hash32 Call, Hash32 ContentHash) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("DiscoveryReply(bytes32 from,bytes32 call,bytes32 contentHash)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Word(From.Value).Word(Call).Word(ContentHash).Hash();
}
