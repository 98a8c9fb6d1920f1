namespace Ncn.Protocol;

/// <summary>A model that a gateway can have run.</summary>
/// <param name="Name">As clients name it.</param>
/// <param name="Digest">What its nodes really loaded.</param>
public sealed record GatewayModel(string Name, ModelDigest Digest) : ITypedData
{
    internal const string EncodedType = "GatewayModel(string name,bytes32 digest)";
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(EncodedType);

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Text(Name).Word(Digest.Value).Hash();
}

/// <summary>What a gateway says of itself, signed by its operator. Of the records of one operator, subnet and url the one with the highest sequence counts.</summary>
/// <param name="Operator">Who runs it and is paid by its clients.</param>
/// <param name="Sequence">Rises with every record.</param>
/// <param name="Subnet">The subnet that it serves, from 1.</param>
/// <param name="Url">Where clients and other gateways call it, see <see cref="PublicUrl"/>.</param>
/// <param name="Models">What its nodes offer now; may be empty.</param>
/// <param name="IssuedAt">Unix milliseconds.</param>
/// <param name="ExpiresAt">Unix milliseconds; the record counts for nothing afterwards.</param>
public sealed record GatewayRecord(
    Address Operator, ulong Sequence, uint Subnet, string Url, IReadOnlyList<GatewayModel> Models, ulong IssuedAt, ulong ExpiresAt) : ITypedData
{
    /// <summary>Most models of one record.</summary>
    public const int MaxModels = 64;

    private const int MaxNameChars = 256;

    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "GatewayRecord(address operator,uint64 sequence,uint32 subnet,string url,GatewayModel[] models,uint64 issuedAt,uint64 expiresAt)"
        + GatewayModel.EncodedType);

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Address(Operator).Number(Sequence).Number(Subnet).Text(Url)
        .Array(Models, static (elements, model) => elements.Struct(model)).Number(IssuedAt).Number(ExpiresAt).Hash();

    /// <summary>Whether all parts are there and of a bounded size; a record from outside is checked for it before anything else.</summary>
    public static bool IsWellFormed(GatewayRecord? record) =>
        record is { Subnet: > 0, Models.Count: <= MaxModels } && !record.Operator.IsZero && PublicUrl.IsWellFormed(record.Url)
        && record.ExpiresAt > record.IssuedAt
        && record.Models.All(static model => model is { Name.Length: > 0 and <= MaxNameChars });
}
