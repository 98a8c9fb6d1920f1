using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Payments.Relay;

namespace Ncn.Serving.Payments;

/// <summary>Reads the payment of a request, of any scheme and version, and makes the checks that need neither ledger nor chain.</summary>
public sealed class PaymentReader(PaymentOffers offers, IPaymentChain chain, TimeProvider time)
{
    /// <summary>How long after its end an authorization still gets the answer that it paid for.</summary>
    private static readonly TimeSpan RepeatTime = TimeSpan.FromMinutes(10);

    /// <summary>The payment that came with a request; null when none did. Throws <see cref="PaymentException"/> when it is no good.</summary>
    public ClientPayment? Read(ClientCall call, TokenAmount ceiling)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Payment is not { } header)
        {
            return null;
        }

        var json = X402Header.Unwrap(header, out var reason)
            ?? throw Malformed(BatchSettlementError.InvalidPayload, $"The payment header cannot be read: {reason}.");
        var payment = IncomingPayment.Parse(json, out var problem);
        return payment is null
            ? throw (problem!.Code == BatchSettlementError.UnsupportedScheme
                ? offers.Demand(ceiling, problem.Code, problem.Message) : Malformed(problem.Code, problem.Message))
            : PaymentChecks.Accepted(payment.Terms, payment.Version, offers.Seller) is { } unacceptable
                ? throw offers.Demand(ceiling, unacceptable)
                : Check(payment, ceiling) with { Identifier = payment.Identifier };
    }

    /// <summary>Checks a payment whose terms fit.</summary>
    public ClientPayment Check(IncomingPayment payment, TokenAmount price) => payment switch
    {
        IncomingPayment.Exact when chain.Relay is null => throw offers.Demand(price, BatchSettlementError.UnsupportedScheme),
        IncomingPayment.Exact exact => CheckExact(exact, price),
        IncomingPayment.Batch batch => CheckBatch(batch.Payload, price),
        _ => throw new InvalidOperationException($"{payment.GetType().Name} is not a payment."),
    };

    // The rest is checked when the payment is used. These come first, because whoever holds a payment gets the answer that it has paid for,
    // and once it is on the chain anybody can hold it: so it serves for a while only.
    private ClientPayment.Exact CheckExact(IncomingPayment.Exact payment, TokenAmount price)
    {
        var isOver = payment.Payload.Authorization.ValidBefore.Units < (UInt128)(time.GetUtcNow() - RepeatTime).ToUnixTimeSeconds();
        return !PaymentChecks.IsAuthentic(payment.Payload, offers.TokenDomain) ? throw offers.Demand(price, ExactError.Signature)
            : isOver ? throw offers.Demand(price, ExactError.ValidBefore)
            : new ClientPayment.Exact(payment.Payload, payment.Version);
    }

    private ClientPayment CheckBatch(BatchPayload payload, TokenAmount price)
    {
        var voucher = new SignedVoucher(payload.ChannelConfig.ToConfig(), payload.Voucher.MaxClaimableAmount, payload.Voucher.Signature);
        // A plain voucher goes to the ledger next, which looks at the whole signature. What else comes here leads to a transaction.
        var error = PaymentChecks.Voucher(voucher, payload.Voucher.ChannelId, offers.Channels)
            ?? (payload.Type == BatchPayload.VoucherType || voucher.IsAuthentic(offers.Channels.PaymentsDomain) ? null : BatchSettlementError.VoucherSignature);
        if (error is not null)
        {
            throw offers.Demand(price, error);
        }

        return payload.Type switch
        {
            BatchPayload.VoucherType => new ClientPayment.Voucher(voucher, payload.Parallel != true, Deposit: null),
            BatchPayload.DepositType => new ClientPayment.Voucher(voucher, payload.Parallel != true, CheckDeposit(payload, price)),
            BatchPayload.RefundType when payload.Amount is { IsZero: true } => throw offers.Demand(price, BatchSettlementError.RefundAmount),
            BatchPayload.RefundType => new ClientPayment.Refund(voucher, payload.Amount),
            _ => throw Malformed(
                BatchSettlementError.PayloadType, "The payload's type must be voucher, deposit or refund; claims are sent by the receiver itself."),
        };
    }

    private DepositView CheckDeposit(BatchPayload payload, TokenAmount price)
    {
        var now = (ulong)time.GetUtcNow().ToUnixTimeSeconds();
        return PaymentChecks.Deposit(payload, Eip3009.CanonicalCollector, offers.TokenDomain, now) is { } error
            ? throw offers.Demand(price, error)
            : chain.Relay is null ? throw offers.Demand(price, BatchSettlementError.PayloadType) : payload.Deposit!;
    }

    private static PaymentException Malformed(string error, string message) => new(400, error, [], message);
}
