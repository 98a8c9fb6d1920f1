using System.Text.Json.Serialization;

namespace Ncn.Protocol;

/// <summary>How the network's validators stand to a node or a gateway.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StandingStatus>))]
public enum StandingStatus
{
    /// <summary>Too few of its answers were checked yet: all of them are.</summary>
    [JsonStringEnumMemberName("new")]
    New = 0,

    /// <summary>Its answers were right.</summary>
    [JsonStringEnumMemberName("good")]
    Good = 1,

    /// <summary>The test has decided against it, and its penalty may be appealed: it gets no work.</summary>
    [JsonStringEnumMemberName("suspended")]
    Suspended = 2,

    /// <summary>Its stake was taken: it gets no work.</summary>
    [JsonStringEnumMemberName("slashed")]
    Slashed = 3,
}

/// <summary>A node in the ledger of the validators.</summary>
/// <param name="RatePpm">The share of its answers that is checked, millionths.</param>
/// <param name="Checked">Answers that were checked.</param>
/// <param name="Failed">Of those, the ones that it cannot have made as it said.</param>
/// <param name="Verified">The builds of models (weights, tokenizer, runtime, provider) that its checked answers came from indeed, ascending.</param>
public sealed record NodeStanding(
    Address Node, uint RatePpm, StandingStatus Status, ulong Checked, ulong Failed, IReadOnlyList<ModelDigest> Verified) : ITypedData
{
    internal const string EncodedType = "NodeStanding(address node,uint32 ratePpm,uint8 status,uint64 checked,uint64 failed,bytes32[] verified)";
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(EncodedType);

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Address(Node).Number(RatePpm).Number((byte)Status).Number(Checked).Number(Failed)
        .Array(Verified, static (elements, digest) => elements.Word(digest.Value)).Hash();
}

/// <summary>A gateway in the ledger of the validators.</summary>
/// <param name="Committed">Receipts that it has committed.</param>
/// <param name="Missing">Of those that were sampled, the ones that it did not show.</param>
public sealed record GatewayStanding(Address Gateway, StandingStatus Status, ulong Committed, ulong Missing) : ITypedData
{
    internal const string EncodedType = "GatewayStanding(address gateway,uint8 status,uint64 committed,uint64 missing)";
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(EncodedType);

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Address(Gateway).Number((byte)Status).Number(Committed).Number(Missing).Hash();
}

/// <summary>How an audit that a client asked for stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AuditVerdict>))]
public enum AuditVerdict
{
    /// <summary>The validators have not decided.</summary>
    [JsonStringEnumMemberName("open")]
    Open = 0,

    /// <summary>The answer is what the node said: the client loses its bond.</summary>
    [JsonStringEnumMemberName("passed")]
    Passed = 1,

    /// <summary>More than two thirds of the stake found that it is not: the node loses, and the client gets bond and price back.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed = 2,

    /// <summary>There were no two thirds for either: nobody pays.</summary>
    [JsonStringEnumMemberName("undecided")]
    Undecided = 3,
}

/// <summary>An audit in the ledger of the validators.</summary>
/// <param name="Gateway">Who opened it for a client.</param>
/// <param name="Receipt">The receipt's <see cref="ReceiptLeaf.Digest"/>.</param>
public sealed record AuditStanding(Address Gateway, Hash32 Receipt, AuditVerdict Verdict) : ITypedData
{
    internal const string EncodedType = "AuditStanding(address gateway,bytes32 receipt,uint8 verdict)";
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(EncodedType);

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Address(Gateway).Word(Receipt).Number((byte)Verdict).Hash();
}

/// <summary>
/// What one validator says of the nodes and gateways, after a block that is final: the answer of <c>GET /ncn/v1/ledger/standing</c>. No single one
/// is believed: a reader takes what validators with more than two thirds of the stake say.
/// </summary>
/// <param name="Epoch">Of that block.</param>
/// <param name="Height">Of that block.</param>
/// <param name="StateRoot">Of the ledger after it.</param>
/// <param name="Nodes">By ascending address.</param>
/// <param name="Gateways">By ascending address.</param>
/// <param name="Audits">Those that are open or were decided lately; the newest 256 at least.</param>
/// <param name="Validator">Its consensus key, which signs this under the network domain.</param>
public sealed record LedgerStanding(
    ulong Epoch, ulong Height, Hash32 StateRoot, IReadOnlyList<NodeStanding> Nodes, IReadOnlyList<GatewayStanding> Gateways, IReadOnlyList<AuditStanding> Audits,
    Address Validator) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "LedgerStanding(uint64 epoch,uint64 height,bytes32 stateRoot,NodeStanding[] nodes,GatewayStanding[] gateways,AuditStanding[] audits,address validator)"
        + AuditStanding.EncodedType + GatewayStanding.EncodedType + NodeStanding.EncodedType);

    /// <summary>The validator's; it travels beside the members. All zero before it is signed.</summary>
    public Signature Signature { get; init; }

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Number(Epoch).Number(Height).Word(StateRoot)
        .Array(Nodes, static (elements, node) => elements.Struct(node))
        .Array(Gateways, static (elements, gateway) => elements.Struct(gateway))
        .Array(Audits, static (elements, audit) => elements.Struct(audit))
        .Address(Validator).Hash();

    /// <summary>Signed by its validator.</summary>
    /// <param name="key">The validator's.</param>
    /// <param name="domain"><see cref="Eip712Domain.Network"/>.</param>
    public LedgerStanding SignedWith(Signer key, Eip712Domain domain)
    {
        ArgumentNullException.ThrowIfNull(key);
        return this with { Signature = key.Sign(this, domain).Signature };
    }

    /// <summary>Whether the validator that it names has signed it.</summary>
    /// <param name="domain"><see cref="Eip712Domain.Network"/>.</param>
    public bool IsAuthentic(Eip712Domain domain) => new Signed<LedgerStanding>(this, Signature).IsSignedBy(Validator, domain);
}
