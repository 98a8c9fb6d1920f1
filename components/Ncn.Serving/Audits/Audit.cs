using System.Text.Json.Serialization;
using Ncn.Protocol;

namespace Ncn.Serving.Audits;

/// <summary>How an audit stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AuditStatus>))]
public enum AuditStatus
{
    /// <summary>The validators have not taken it yet.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending,

    /// <summary>They have not decided.</summary>
    [JsonStringEnumMemberName("open")]
    Open,

    /// <summary>The answer is right: the bond is charged.</summary>
    [JsonStringEnumMemberName("passed")]
    Passed,

    /// <summary>The answer is wrong: the bond is free again, and the price comes out of the loser's stake, among the ledger's rewards.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>No two thirds of the stake agreed: the bond is free again.</summary>
    [JsonStringEnumMemberName("undecided")]
    Undecided,

    /// <summary>Nobody decided in time: the bond is free again.</summary>
    [JsonStringEnumMemberName("expired")]
    Expired,
}

/// <summary>An audit as it is kept.</summary>
/// <param name="Receipt">The receipt's digest, and the audit's id.</param>
/// <param name="Period">Of the list that it is in.</param>
/// <param name="Index">In that list.</param>
/// <param name="Client">The payer of the channel that the bond is held on.</param>
/// <param name="Hold">Under which the bond is held.</param>
/// <param name="CreatedAt">Unix milliseconds, as is <paramref name="ExpiresAt"/>.</param>
/// <param name="Operation">What the validators' ledger gets.</param>
internal sealed record Audit(
    Hash32 Receipt, ulong Period, uint Index, Address Node, Address Client, ChannelId Channel, RequestId Hold, TokenAmount Bond, ulong CreatedAt, ulong ExpiresAt,
    LedgerOperation Operation, Signature Signature)
{
    public AuditStatus Status { get; init; }

    [JsonIgnore]
    internal bool IsOver => Status > AuditStatus.Open;

    /// <summary>What clients see.</summary>
    internal object View() => new
    {
        id = Receipt,
        @object = "audit",
        status = Status,
        period = Period,
        index = Index,
        node = Node,
        client = Client,
        bond = Bond,
        createdAt = CreatedAt,
        expiresAt = ExpiresAt,
    };
}
