namespace Ncn.Protocol;

/// <summary>
/// An operator vouches for one of its processes in the discovery network; signed by the operator's key, so that limits for each
/// operator mean something. The record with the highest sequence counts.
/// </summary>
/// <param name="IdentityKey">The process's own 64-byte public key x‖y (secp256k1); it signs that process's messages.</param>
/// <param name="Operator">Who vouches.</param>
/// <param name="Sequence">Rises with every record of the same identity key.</param>
/// <param name="Url">Where it is asked: http(s)://host[:port], see <see cref="PublicUrl"/>.</param>
/// <param name="IssuedAt">Unix milliseconds.</param>
/// <param name="ExpiresAt">Unix milliseconds, at most 24 hours after <paramref name="IssuedAt"/>; the record counts for nothing afterwards.</param>
public sealed record PeerRecord(
    HexBytes IdentityKey, Address Operator, ulong Sequence, string Url, ulong IssuedAt, ulong ExpiresAt) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "PeerRecord(bytes identityKey,address operator,uint64 sequence,string url,uint64 issuedAt,uint64 expiresAt)");

    /// <summary>Length of <see cref="IdentityKey"/>, bytes.</summary>
    public const int IdentityKeySize = 64;

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Bytes(IdentityKey.Span).Address(Operator).Number(Sequence).Text(Url).Number(IssuedAt).Number(ExpiresAt).Hash();

    /// <summary>Whether all parts are there and of a bounded size; a record from outside is checked for it before anything else.</summary>
    public static bool IsWellFormed(PeerRecord? record) =>
        record is not null && record.IdentityKey.Length == IdentityKeySize && !record.Operator.IsZero
        && PublicUrl.IsWellFormed(record.Url) && record.ExpiresAt > record.IssuedAt;
}
