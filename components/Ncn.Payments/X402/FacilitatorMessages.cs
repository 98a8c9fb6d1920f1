using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Payments.X402;

/// <summary>The body of POST /verify and POST /settle.</summary>
/// <param name="PaymentPayload">Read by <see cref="IncomingPayment.Read"/>.</param>
public sealed record FacilitatorRequest(int X402Version, JsonElement PaymentPayload, JsonElement PaymentRequirements);

/// <summary>What of a facilitator's requirements binds; amount and maxAmountRequired are the names of v2 and v1.</summary>
public sealed record FacilitatorRequirements(
    string Scheme, string Network, Address Asset, Address PayTo, TokenAmount? Amount = null, TokenAmount? MaxAmountRequired = null)
{
    /// <summary>The price; null when the requirements name none.</summary>
    public TokenAmount? Price => Amount ?? MaxAmountRequired;
}

/// <summary>The answer of POST /verify.</summary>
/// <param name="Extra">batch-settlement: the channel.</param>
public sealed record VerifyResponse(bool IsValid, string? InvalidReason = null, Address? Payer = null, ChannelStateView? Extra = null)
{
    /// <summary>The reason in words.</summary>
    public string? InvalidMessage { get; init; }
}

/// <summary>The answer of GET /supported.</summary>
/// <param name="Signers">Who sends transactions, by chain family.</param>
public sealed record SupportedResponse(
    IReadOnlyList<SupportedKind> Kinds, IReadOnlyList<string> Extensions, IReadOnlyDictionary<string, IReadOnlyList<Address>> Signers);

/// <summary>One way to pay that a facilitator can settle.</summary>
public sealed record SupportedKind(int X402Version, string Scheme, string Network, RequirementsExtra? Extra = null);

/// <summary>The answer of GET /discovery/resources.</summary>
public sealed record DiscoveryResponse(int X402Version, IReadOnlyList<DiscoveredResource> Items, DiscoveryPage Pagination);

/// <summary>A resource that can be paid for.</summary>
/// <param name="Type">"http".</param>
/// <param name="LastUpdated">RFC 3339.</param>
public sealed record DiscoveredResource(
    string Resource, string Type, int X402Version, IReadOnlyList<PaymentRequirements> Accepts, string LastUpdated);

public sealed record DiscoveryPage(int Limit, int Offset, int Total);
