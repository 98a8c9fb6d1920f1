using System.Text.Json;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Client;

/// <summary>What an NCN gateway adds to an answer, in the member <c>ncn</c>: what it cost, and the node's signed receipt for it.</summary>
/// <param name="RequestId">The gateway's id of the request.</param>
/// <param name="Node">Who ran it.</param>
/// <param name="ModelDigest">What the node really loaded.</param>
/// <param name="Cost">What the client was charged, atomic units.</param>
/// <param name="Attempts">1, or more when another node took over.</param>
/// <param name="Receipt">The EIP-712 message and the node's signature.</param>
/// <param name="Payment">The statement of the payment; null when free.</param>
public sealed record NcnMember(
    RequestId RequestId, Address Node, ModelDigest ModelDigest, TokenAmount Cost, uint Attempts, Signed<Receipt> Receipt,
    SettlementResponse? Payment = null)
{
    /// <summary>What the node promised and how it came out; null when it promised nothing.</summary>
    public ServiceOutcome? Service { get; init; }

    /// <summary>Reads the member of a JSON object; null when it has none or is no JSON object.</summary>
    /// <exception cref="NcnException">The member is there and cannot be read.</exception>
    public static NcnMember? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (JsonException)
        {
            // An event such as [DONE] is no JSON object and so has no member.
            return null;
        }
    }

    /// <summary>Answers of the Open Inference Protocol carry it in <c>parameters</c>.</summary>
    internal static NcnMember? ReadParameters(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("parameters", out var parameters) ? Read(parameters) : null;

    internal static NcnMember? Read(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("ncn", out var member))
        {
            return null;
        }

        try
        {
            return member.Deserialize<NcnMember>(ProtocolJson.Options);
        }
        catch (JsonException exception)
        {
            throw new NcnException($"The gateway's member ncn cannot be read: see {exception.Path}.", exception);
        }
    }
}

/// <summary>A node's promise, the gateway's measure, and what that took off the price.</summary>
/// <param name="CreditBasisPoints">Share of the price, 0 when the promise was kept.</param>
/// <param name="Credit">That share, atomic units; it is off <see cref="NcnMember.Cost"/> already.</param>
public sealed record ServiceOutcome(ServiceLevel Promised, ServiceMeasure Measured, uint CreditBasisPoints, TokenAmount Credit);
