using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Serving.Execution;

/// <summary>What a client gets to hold for its money: who ran what, what it cost, the node's signed receipt.</summary>
/// <param name="Cost">What was charged, atomic units.</param>
/// <param name="Receipt">The EIP-712 message and the node's signature; anyone can check it.</param>
/// <param name="Attempts">1, or more when another node took over.</param>
/// <param name="Payment">The PAYMENT-RESPONSE of a stream, whose headers were sent before the charge was known.</param>
public sealed record Evidence(
    RequestId RequestId, Address Node, ModelDigest ModelDigest, TokenAmount Cost, uint Attempts, EvidenceReceipt Receipt,
    SettlementResponse? Payment)
{
    /// <summary>Receipts of earlier legs of an answer whose payment grew; null when there were none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EvidenceReceipt>? EarlierReceipts { get; init; }

    public static Evidence Of(RunPart.Finished end, TokenAmount cost, SettlementResponse? payment)
    {
        ArgumentNullException.ThrowIfNull(end);
        var receipt = end.Receipt.Message;
        return new Evidence(
            receipt.RequestId, receipt.Node, receipt.ModelDigest, cost, end.Attempts,
            new EvidenceReceipt(receipt, end.Receipt.Signature), payment)
        {
            Service = end.Service.Promised.IsNone ? null : end.Service,
            EarlierReceipts = end.Earlier.Count == 0 ? null
                : [.. end.Earlier.Select(static leg => new EvidenceReceipt(leg.Receipt.Message, leg.Receipt.Signature))],
        };
    }

    /// <summary>What the node promised and how it came out; the credit is taken off <see cref="Cost"/> already. Null when it promised nothing.</summary>
    public ServiceReport? Service { get; init; }

    /// <summary>The JSON form, camelCase whatever surrounds it: a receipt's members are named as they were signed.</summary>
    public JsonNode ToJson() => JsonSerializer.SerializeToNode(this, ProtocolJson.Options)!;
}

/// <summary>A receipt as clients see it.</summary>
public sealed record EvidenceReceipt(Receipt Message, Signature Signature);
