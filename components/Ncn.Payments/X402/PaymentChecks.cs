using Ncn.Protocol;

namespace Ncn.Payments.X402;

/// <summary>What a payment by "exact" must be.</summary>
/// <param name="TokenDomain">The EIP-712 domain of the asset.</param>
/// <param name="Amount">The price.</param>
/// <param name="MayPayMore">x402 v1: the value may be above the price; v2: it is the price.</param>
public sealed record ExactTerms(Eip712Domain TokenDomain, Address PayTo, TokenAmount Amount, bool MayPayMore);

/// <summary>What a channel must be to be taken.</summary>
/// <param name="MinimumWithdrawDelay">Seconds.</param>
public sealed record ChannelTerms(Address Receiver, Address Token, ulong MinimumWithdrawDelay, Eip712Domain PaymentsDomain);

/// <summary>Which networks and seller the terms that a payer accepted must name.</summary>
public sealed record SellerTerms(ulong ChainId, Address Asset, Address PayTo);

/// <summary>The checks of payments that need neither the chain nor a ledger. Each answers null or an x402 error code.</summary>
public static class PaymentChecks
{
    /// <summary>An authorization must be good this many seconds longer, so that its transaction can be mined.</summary>
    public const ulong SettleSeconds = 6;

    /// <summary>Longest delay that the contract allows.</summary>
    public const ulong MaximumWithdrawDelay = 2_592_000;

    /// <summary>The terms must name this chain, asset and receiver; what they leave out does not bind.</summary>
    public static string? Accepted(AcceptedTerms? terms, int version, SellerTerms seller)
    {
        ArgumentNullException.ThrowIfNull(seller);
        if (terms is null)
        {
            return null;
        }

        var known = terms.Network == X402Header.Network(seller.ChainId) || (version == 1 && terms.Network == X402Header.NetworkV1(seller.ChainId));
        return !known ? BatchSettlementError.InvalidNetwork
            : terms.Asset is { } asset && asset != seller.Asset ? BatchSettlementError.InvalidRequirements
            : terms.PayTo is { } payTo && payTo != seller.PayTo ? BatchSettlementError.InvalidRequirements
            : null;
    }

    /// <summary>Recipient, value, signature and time of a transfer.</summary>
    /// <param name="now">Unix seconds.</param>
    public static string? Exact(ExactPayload payload, ExactTerms terms, ulong now)
    {
        ArgumentNullException.ThrowIfNull(payload);
        ArgumentNullException.ThrowIfNull(terms);
        var authorization = payload.Authorization;
        var isEnough = terms.MayPayMore ? authorization.Value >= terms.Amount : authorization.Value == terms.Amount;
        return authorization.To != terms.PayTo ? ExactError.Recipient
            : !isEnough ? terms.MayPayMore ? ExactError.ValueV1 : ExactError.Value
            : !IsAuthentic(payload, terms.TokenDomain) ? ExactError.Signature
            : authorization.ValidBefore.Units < (UInt128)now + SettleSeconds ? ExactError.ValidBefore
            : authorization.ValidAfter.Units > now ? ExactError.ValidAfter
            : null;
    }

    /// <summary>True when the payer signed exactly this transfer.</summary>
    public static bool IsAuthentic(ExactPayload payload, Eip712Domain tokenDomain)
    {
        ArgumentNullException.ThrowIfNull(payload);
        return new Signed<TransferWithAuthorization>(payload.Authorization, payload.Signature).IsSignedBy(payload.Authorization.From, tokenDomain);
    }

    /// <summary>Parties, delay, id and signature of a voucher. The ledger looks at the signature again, with its v, before it holds the voucher.</summary>
    public static string? Voucher(SignedVoucher voucher, ChannelId stated, ChannelTerms terms)
    {
        ArgumentNullException.ThrowIfNull(voucher);
        ArgumentNullException.ThrowIfNull(terms);
        var config = voucher.Config;
        return config.Receiver != terms.Receiver ? BatchSettlementError.ReceiverMismatch
            : config.ReceiverAuthorizer != terms.Receiver ? BatchSettlementError.ReceiverAuthorizerMismatch
            : config.Token != terms.Token ? BatchSettlementError.TokenMismatch
            : config.WithdrawDelay < terms.MinimumWithdrawDelay || config.WithdrawDelay > MaximumWithdrawDelay ? BatchSettlementError.WithdrawDelay
            : config.Id(terms.PaymentsDomain) != stated ? BatchSettlementError.ChannelIdMismatch
            : !voucher.IsSignedFor(stated, terms.PaymentsDomain) ? BatchSettlementError.VoucherSignature
            : null;
    }

    /// <summary>Amount, signature and time of a deposit's authorization.</summary>
    /// <param name="collector">To whom the payer must have authorized it.</param>
    /// <param name="now">Unix seconds.</param>
    public static string? Deposit(BatchPayload payload, Address collector, Eip712Domain tokenDomain, ulong now)
    {
        ArgumentNullException.ThrowIfNull(payload);
        if (payload.Deposit is not { } deposit || deposit.Amount.IsZero)
        {
            return BatchSettlementError.InvalidPayload;
        }

        if (deposit.Authorization.Erc3009Authorization is not { } given)
        {
            return BatchSettlementError.AuthorizationRequired;
        }

        var nonce = Eip3009.DepositNonce(payload.Voucher.ChannelId, given.Salt);
        var payer = payload.ChannelConfig.Payer;
        var authorization = new ReceiveWithAuthorization(payer, collector, deposit.Amount, given.ValidAfter, given.ValidBefore, nonce);
        return !new Signed<ReceiveWithAuthorization>(authorization, given.Signature).IsSignedBy(payer, tokenDomain) ? BatchSettlementError.AuthorizationSignature
            : given.ValidBefore.Units < (UInt128)now + SettleSeconds ? BatchSettlementError.ValidBefore
            : given.ValidAfter.Units > now ? BatchSettlementError.ValidAfter
            : null;
    }
}
