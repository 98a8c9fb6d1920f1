using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Payments.Batch;
using Ncn.Serving.Payments.Exact;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Payments;

/// <summary>Payment at the edge: asks for it, checks it, and holds it until the request ends (design section 6, steps 1 to 3 and 8).</summary>
public sealed class PaymentGate(PaymentReader reader, PaymentOffers offers, BatchScheme batch, ExactScheme exact, ExactSettler settler, PaymentBook book, RefundDesk refunds)
{
    /// <summary>The payment that came with a request. Throws <see cref="PaymentException"/> when there is none or it is no good.</summary>
    public ClientPayment Require(ClientCall call, TokenAmount ceiling) =>
        reader.Read(call, ceiling) ?? throw offers.Demand(ceiling, "payment_required");

    /// <summary>The payment that came with a request; null when none did. Throws <see cref="PaymentException"/> when it is no good.</summary>
    public ClientPayment? Read(ClientCall call, TokenAmount ceiling) => reader.Read(call, ceiling);

    /// <summary>Holds the ceiling. Throws <see cref="PaymentException"/> when the payment cannot carry it.</summary>
    public async Task<IPaymentHold> HoldAsync(HoldCall call, ClientPayment payment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        return payment switch
        {
            ClientPayment.Voucher voucher => await batch.ReserveAsync(call, voucher, cancellationToken),
            ClientPayment.Exact transfer => await exact.HoldAsync(call.Request, transfer, call.Ceiling, cancellationToken),
            _ => throw new InvalidOperationException($"{payment.GetType().Name} pays for no request."),
        };
    }

    /// <summary>Whether a payment looks as if it could carry the ceiling, by what is known without asking anybody: the node may start meanwhile.</summary>
    public bool IsLikelyGood(ClientPayment payment, TokenAmount ceiling) => payment is ClientPayment.Voucher voucher && batch.IsLikelyGood(voucher, ceiling);

    /// <summary>Gives back what a channel was not charged.</summary>
    public Task<StoredAnswer> RefundAsync(ClientPayment.Refund refund, CancellationToken cancellationToken) =>
        RefundEndpoint.AnswerAsync(refunds, refund, cancellationToken);

    /// <summary>An answer that was kept: one for a transfer that is not settled yet (it came from the queue) is settled before it is given.</summary>
    public async Task<StoredAnswer> SettleStoredAsync(RequestId request, ClientPayment? payment, TokenAmount price, StoredAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (payment is not ClientPayment.Exact exact || answer.StatusCode != StatusCodes.Status200OK || answer.Headers.ContainsKey(X402Header.Response))
        {
            return answer;
        }

        var settlement = await settler.SettleAsync(exact.Payload, request, price, CancellationToken.None);
        await book.CloseAsync(exact.Payload.Id());
        var cost = exact.Payload.Authorization.Value;
        return answer with { Headers = StoredAnswers.Headers(request, cost, settlement), Charged = cost };
    }
}
