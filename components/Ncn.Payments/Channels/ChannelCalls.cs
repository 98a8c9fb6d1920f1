using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Payments.Channels;

/// <summary>What the payer's side calls at a gateway about its channel, and the forms that travel.</summary>
public static class ChannelCalls
{
    /// <summary>The header of <c>GET /ncn/v1/channels/{channelId}</c>: base64 of the JSON of a <see cref="ChannelQueryCall"/>.</summary>
    public const string QueryHeader = "NCN-CHANNEL-QUERY";

    /// <summary>How far a request's time may be from the gateway's clock, milliseconds: five minutes.</summary>
    public const ulong MaxAgeMilliseconds = 5 * 60 * 1000;

    /// <summary>Who may ask about a channel: the payer, and the key that signs its vouchers.</summary>
    public static bool IsPayerSide<T>(Signed<T> request, ChannelConfig config, Eip712Domain networkDomain)
        where T : ITypedData
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(config);
        return request.TryRecover(networkDomain, out var signer) && !signer.IsZero && (signer == config.Payer || signer == config.VoucherSigner);
    }
}

/// <summary>The body of <c>POST /ncn/v1/channels/{channelId}/statement</c>; the answer is a signed <see cref="ChannelStatement"/>.</summary>
/// <param name="Voucher">The highest one that the payer ever signed; without it the statement covers what the gateway holds.</param>
public sealed record StatementCall(ChannelConfigView ChannelConfig, Signed<StatementRequest> Request, VoucherView? Voucher = null);

/// <summary>A signed question about a channel.</summary>
public sealed record ChannelQueryCall(ChannelConfigView ChannelConfig, Signed<ChannelQuery> Request);

/// <summary>A channel as its receiver keeps it.</summary>
/// <param name="Charged">The sum of all charges.</param>
/// <param name="Reserved">Held for requests in flight.</param>
/// <param name="VoucherMax">The highest running total that the receiver holds a voucher for.</param>
/// <param name="StatedMaxClaimable">Vouchers up to it are no longer taken, because a statement covers them; null without one.</param>
/// <param name="Balance">On chain, claims included.</param>
/// <param name="TotalClaimed">On chain.</param>
/// <param name="Withdrawing">On chain: the part whose withdrawal has begun.</param>
public sealed record ChannelAccount(
    ChannelId ChannelId, TokenAmount Charged, TokenAmount Reserved, TokenAmount VoucherMax, TokenAmount? StatedMaxClaimable,
    TokenAmount Balance, TokenAmount TotalClaimed, TokenAmount Withdrawing);
