using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Payments.X402;

/// <summary>What a seller asks for (x402 v2, header PAYMENT-REQUIRED, base64 of this JSON).</summary>
public sealed record PaymentRequired(
    int X402Version, ResourceInfo Resource, IReadOnlyList<PaymentRequirements> Accepts, string? Error = null)
{
    /// <summary>Extensions that the seller knows, by name, each {info, schema}; null for none.</summary>
    public JsonElement? Extensions { get; init; }
}

/// <param name="Url">The resource that was asked for.</param>
public sealed record ResourceInfo(string Url, string? Description = null, string? MimeType = null);

/// <summary>One way to pay.</summary>
/// <param name="Scheme">"batch-settlement" or "exact".</param>
/// <param name="Network">CAIP-2, "eip155:" and the chain id.</param>
/// <param name="Amount">The most that the request can cost, atomic units; with "exact" what it costs.</param>
/// <param name="Asset">The ERC-20.</param>
/// <param name="PayTo">The receiver.</param>
/// <param name="MaxTimeoutSeconds">How long the seller may take.</param>
public sealed record PaymentRequirements(
    string Scheme, string Network, TokenAmount Amount, Address Asset, Address PayTo, int MaxTimeoutSeconds, RequirementsExtra Extra);

/// <summary>What a scheme adds to the requirements.</summary>
/// <param name="Name">EIP-712 name of the asset.</param>
/// <param name="Version">EIP-712 version of the asset.</param>
public sealed record RequirementsExtra(string? Name = null, string? Version = null)
{
    /// <summary>batch-settlement: the key that may claim and refund for the receiver.</summary>
    public Address? ReceiverAuthorizer { get; init; }

    /// <summary>batch-settlement: seconds that a withdrawal must take.</summary>
    public ulong? WithdrawDelay { get; init; }

    /// <summary>In a corrective answer: the channel as the seller sees it.</summary>
    public ChannelStateView? ChannelState { get; init; }

    /// <summary>In a corrective answer: the highest voucher that the seller holds.</summary>
    public VoucherStateView? VoucherState { get; init; }
}

/// <summary>A channel as the seller sees it.</summary>
/// <param name="Balance">On chain, claims included.</param>
/// <param name="ChargedCumulativeAmount">The sum of all charges, claimed or not.</param>
/// <param name="ReservedAmount">Ours: held for requests in flight. A voucher must cover charged + reserved + the new amount.</param>
/// <param name="WithdrawRequestedAt">Unix seconds; 0 when the payer takes nothing back.</param>
/// <param name="StatedMaxClaimable">Ours: a statement covers vouchers up to it, so a new voucher must be above it. Null without one.</param>
public sealed record ChannelStateView(
    ChannelId ChannelId, TokenAmount Balance, TokenAmount TotalClaimed, TokenAmount ChargedCumulativeAmount, TokenAmount ReservedAmount,
    ulong WithdrawRequestedAt = 0, string RefundNonce = "0", TokenAmount? StatedMaxClaimable = null);

public sealed record VoucherStateView(TokenAmount SignedMaxClaimable, Signature? Signature = null);

/// <summary>The x402 v1 body of a 402 answer.</summary>
public sealed record PaymentRequiredV1(int X402Version, string Error, IReadOnlyList<PaymentRequirementsV1> Accepts);

/// <param name="Network">The chain's name in x402 v1.</param>
public sealed record PaymentRequirementsV1(
    string Scheme, string Network, TokenAmount MaxAmountRequired, Address Asset, Address PayTo, string Resource, string Description,
    string MimeType, int MaxTimeoutSeconds, RequirementsExtra Extra);
