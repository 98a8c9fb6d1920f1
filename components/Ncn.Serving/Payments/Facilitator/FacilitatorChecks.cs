using System.Text.Json;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Exact;
using Ncn.Serving.Payments.Relay;

namespace Ncn.Serving.Payments.Facilitator;

/// <summary>A payment that somebody asks the facilitator about, read and found to be for this operator.</summary>
/// <param name="Price">What the requirements ask for.</param>
public sealed record FacilitatedPayment(ClientPayment Payment, TokenAmount Price, Address Payer);

/// <summary>POST /verify: reads a payment with its requirements and checks it, changing nothing.</summary>
/// <remarks>Payments to this operator alone are looked at: the gas of a settlement is ours.</remarks>
public sealed class FacilitatorChecks(
    PaymentReader reader, PaymentOffers offers, ExactScheme exact, EscrowCache escrow, IPaymentChain chain, GatewayIdentity identity)
{
    /// <summary>The answer to a body; never throws for what is in it.</summary>
    public async Task<VerifyResponse> VerifyAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        Address? payer = null;
        try
        {
            var payment = Read(body);
            payer = payment.Payer;
            return await CheckAsync(payment, cancellationToken);
        }
        catch (PaymentException refused)
        {
            return new VerifyResponse(false, refused.Error, payer) { InvalidMessage = refused.Message };
        }
    }

    /// <summary>Reads the body. Throws <see cref="PaymentException"/> when it is no payment to this operator.</summary>
    public FacilitatedPayment Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return ReadText(body);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Halves of surrogate pairs pass the grammar of JSON, and are found when the text is read.
            throw Refusal(BatchSettlementError.InvalidPayload, "The body has a text that is not valid Unicode.");
        }
    }

    private FacilitatedPayment ReadText(ReadOnlyMemory<byte> body)
    {
        var request = X402Header.Read<FacilitatorRequest>(body.Span, out var reason)
            ?? throw Refusal(BatchSettlementError.InvalidPayload, $"The body cannot be read: {reason}.");
        var requirements = X402Header.Read<FacilitatorRequirements>(JsonSerializer.SerializeToUtf8Bytes(request.PaymentRequirements), out reason)
            ?? throw Refusal(BatchSettlementError.InvalidRequirements, $"The requirements cannot be read: {reason}.");
        var payment = IncomingPayment.Read(request.PaymentPayload, out var problem) ?? throw Refusal(problem!.Code, problem.Message);
        if (payment.Version != request.X402Version)
        {
            throw Refusal(BatchSettlementError.InvalidVersion, "The body's x402Version is not that of its payload.");
        }

        var stated = new AcceptedTerms(requirements.Scheme, requirements.Network, requirements.Price, requirements.Asset, requirements.PayTo);
        var error = SchemeOf(payment) != requirements.Scheme ? BatchSettlementError.InvalidScheme
            : PaymentChecks.Accepted(stated, payment.Version, offers.Seller) ?? PaymentChecks.Accepted(payment.Terms, payment.Version, offers.Seller);
        var price = requirements.Price ?? throw Refusal(BatchSettlementError.InvalidRequirements, "The requirements name no amount.");
        var known = error is null ? reader.Check(payment, price) : throw Refusal(error, "The payment is not for this facilitator's operator, chain and token.");
        return new FacilitatedPayment(known, price, PayerOf(payment));
    }

    private async Task<VerifyResponse> CheckAsync(FacilitatedPayment payment, CancellationToken cancellationToken)
    {
        switch (payment.Payment)
        {
            case ClientPayment.Exact transfer:
                var problem = await exact.ProblemAsync(transfer, payment.Price, cancellationToken);
                return new VerifyResponse(problem is null, problem, payment.Payer);
            case ClientPayment.Voucher voucher:
                return await CheckVoucherAsync(voucher, payment.Payer, cancellationToken);
            case ClientPayment.Refund refund:
                return await CheckVoucherAsync(new ClientPayment.Voucher(refund.Signed, IsStrict: true, Deposit: null), payment.Payer, cancellationToken);
            default:
                throw new InvalidOperationException($"{payment.Payment.GetType().Name} is no payment.");
        }
    }

    private async Task<VerifyResponse> CheckVoucherAsync(ClientPayment.Voucher voucher, Address payer, CancellationToken cancellationToken)
    {
        var channel = voucher.Signed.Config.Id(identity.PaymentsDomain);
        var view = await escrow.GetAsync(channel, voucher.Signed.MaxClaimableAmount, cancellationToken);
        var deposit = voucher.Deposit?.Amount ?? TokenAmount.Zero;
        var isShort = !deposit.IsZero && await chain.ReadBalanceAsync(payer, cancellationToken) < deposit;
        var error = isShort ? BatchSettlementError.InsufficientBalance
            : !voucher.Signed.IsAuthentic(identity.PaymentsDomain) ? BatchSettlementError.VoucherSignature
            : view.Funds.Balance.IsZero && deposit.IsZero ? BatchSettlementError.ChannelNotFound
            : voucher.Signed.MaxClaimableAmount > view.Funds.Spendable + deposit ? BatchSettlementError.ExceedsBalance
            : voucher.Signed.MaxClaimableAmount < view.TotalClaimed ? BatchSettlementError.BelowClaimed
            : null;
        var nonce = await chain.ReadRefundNonceAsync(channel, cancellationToken);
        var state = new ChannelStateView(
            channel, view.Funds.Balance, view.TotalClaimed, view.TotalClaimed, TokenAmount.Zero, view.WithdrawalBegunAt, $"{nonce}");
        return new VerifyResponse(error is null, error, payer, error is null ? state : null);
    }

    private static string SchemeOf(IncomingPayment payment) => payment is IncomingPayment.Exact ? X402Header.Exact : X402Header.BatchSettlement;

    private static Address PayerOf(IncomingPayment payment) => payment switch
    {
        IncomingPayment.Exact exact => exact.Payload.Authorization.From,
        IncomingPayment.Batch batch => batch.Payload.ChannelConfig.Payer,
        _ => default,
    };

    private static PaymentException Refusal(string error, string message) => new(400, error, [], message);
}
