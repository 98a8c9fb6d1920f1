using Microsoft.Extensions.Options;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Relay;

namespace Ncn.Serving.Payments;

/// <summary>What this gateway asks for: both schemes, batch-settlement first, because stock clients take the first one that they can do.</summary>
public sealed class PaymentOffers(GatewayIdentity identity, IPaymentChain chain, IOptions<GatewayOptions> options)
{
    /// <summary>All ways to pay; exact only where a relay key can settle it.</summary>
    public IReadOnlyList<PaymentRequirements> All(TokenAmount ceiling) => chain.Relay is null ? [Batch(ceiling)] : [Batch(ceiling), Exact(ceiling)];

    /// <summary>Vouchers from a channel.</summary>
    public PaymentRequirements Batch(TokenAmount ceiling, ChannelStateView? channel = null, VoucherStateView? voucher = null) =>
        Requirements(X402Header.BatchSettlement, ceiling, Asset() with
        {
            ReceiverAuthorizer = identity.Address,
            WithdrawDelay = options.Value.MinimumWithdrawDelay,
            ChannelState = channel,
            VoucherState = voucher,
        });

    /// <summary>One transfer of the ceiling.</summary>
    public PaymentRequirements Exact(TokenAmount ceiling) => Requirements(X402Header.Exact, ceiling, Asset());

    /// <summary>The answer to a request without payment, or with one that does not do.</summary>
    public PaymentException Demand(TokenAmount ceiling, string error, string? message = null) => new(402, error, All(ceiling), message);

    /// <summary>The same, with the books of the channel, from which a client corrects itself.</summary>
    public PaymentException Correct(TokenAmount ceiling, string error, ChannelStateView? channel, VoucherStateView? voucher) =>
        new(402, error, [Batch(ceiling, channel, voucher), .. All(ceiling).Skip(1)]);

    /// <summary>A settlement that failed or is not known to have passed.</summary>
    public PaymentException Failed(TokenAmount ceiling, string error, Address payer, string message, Hash32? transaction = null) =>
        new(402, error, All(ceiling), message)
        {
            Settlement = new SettlementResponse(
                false, transaction?.ToString() ?? string.Empty, X402Header.Network(identity.ChainId), string.Empty, payer, error)
            {
                ErrorMessage = message,
            },
        };

    /// <summary>What payers must have accepted.</summary>
    public SellerTerms Seller => new(identity.ChainId, identity.Token, identity.Address);

    /// <summary>What channels must be.</summary>
    public ChannelTerms Channels => new(identity.Address, identity.Token, options.Value.MinimumWithdrawDelay, identity.PaymentsDomain);

    /// <summary>The EIP-712 domain of the token.</summary>
    public Eip712Domain TokenDomain { get; } = Eip3009.TokenDomain(identity.ChainId, identity.Token);

    private static RequirementsExtra Asset() => new(Eip3009.TokenName, Eip3009.TokenVersion);

    private PaymentRequirements Requirements(string scheme, TokenAmount ceiling, RequirementsExtra extra) => new(
        scheme, X402Header.Network(identity.ChainId), ceiling, identity.Token, identity.Address, options.Value.RequestSeconds, extra);
}
