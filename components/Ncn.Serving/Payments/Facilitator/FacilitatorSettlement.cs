using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Batch;
using Ncn.Serving.Payments.Exact;
using Ncn.Serving.Payments.Relay;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Payments.Facilitator;

/// <summary>POST /settle: settles payments to this operator for its other servers. The same payment again gets the same answer.</summary>
public sealed class FacilitatorSettlement(
    FacilitatorChecks checks, ExactScheme exact, ExactSettler settler, PaymentBook book, BatchScheme batch, RefundDesk refunds, RequestIds ids,
    PaymentOffers offers, IActorProxyFactory actors,
    RelayAllowance allowance, GatewayIdentity identity)
{
    private static readonly TimeSpan Duration = TimeSpan.FromMinutes(2);

    /// <summary>The answer to a body; never throws for what is in it.</summary>
    public async Task<SettlementResponse> SettleAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        Address? payer = null;
        try
        {
            var payment = checks.Read(body);
            payer = payment.Payer;
            return payment.Payment switch
            {
                ClientPayment.Exact transfer => await TransferAsync(transfer, payment.Price, cancellationToken),
                ClientPayment.Voucher voucher => await ChargeAsync(voucher, payment.Price, cancellationToken),
                ClientPayment.Refund refund => await refunds.RefundAsync(refund, cancellationToken),
                _ => throw new InvalidOperationException($"{payment.Payment.GetType().Name} is no payment."),
            };
        }
        catch (PaymentException refused)
        {
            return refused.Settlement ?? new SettlementResponse(
                false, string.Empty, X402Header.Network(identity.ChainId), string.Empty, payer, refused.Error)
            { ErrorMessage = refused.Message };
        }
    }

    // The same actor keeps what the payment pays for at the inference endpoints, so one that pays there pays nothing here, and the other way round.
    private async Task<SettlementResponse> TransferAsync(ClientPayment.Exact payment, TokenAmount price, CancellationToken cancellationToken)
    {
        var request = ids.FromKey(payment.Caller.ToString(), RequestIds.KeyOf(payment.Payload));
        var actor = actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request);
        var begun = await actor.BeginAsync(new BeginCall(RequestIds.Fingerprint("/settle", []), (ulong)Duration.TotalMilliseconds, Queued: null));
        switch (begun.Outcome)
        {
            case BeginOutcome.InProgress:
                throw offers.Failed(price, ExactError.SettlementPending, payment.Caller, "The payment is being settled; repeat the request to learn how that ended.");
            case BeginOutcome.Completed or BeginOutcome.Conflict:
                throw offers.Failed(price, ExactError.NonceUsed, payment.Caller, "This payment is settled or pays for another request; sign a new one.");
        }

        try
        {
            return await SettleAsync(request, actor, payment, price, cancellationToken);
        }
        catch
        {
            await actor.AbandonAsync(begun.BegunAt);
            throw;
        }
    }

    // What the caller delivers is its own affair: the payment is closed as soon as it is settled.
    private async Task<SettlementResponse> SettleAsync(
        RequestId request, IRequestActor actor, ClientPayment.Exact payment, TokenAmount price, CancellationToken cancellationToken)
    {
        await exact.HoldAsync(request, payment, price, cancellationToken);
        var cost = payment.Payload.Authorization.Value;
        allowance.Take(payment.Caller, cost);
        var settlement = await settler.SettleAsync(payment.Payload, request, price, CancellationToken.None);
        await actor.CompleteAsync(new StoredAnswer(200, X402Header.ToJson(settlement), StoredAnswers.Headers(request, cost, settlement), cost));
        await book.CloseAsync(payment.Payload.Id());
        return settlement;
    }

    // A voucher names its request by its signature: the same one again charges nothing more.
    private async Task<SettlementResponse> ChargeAsync(ClientPayment.Voucher payment, TokenAmount price, CancellationToken cancellationToken)
    {
        var request = ids.FromKey("facilitator", Keccak256.Of(payment.Signed.Signature.ToArray()).ToString());
        var hold = await batch.ReserveAsync(
            new HoldCall(request, price, Duration) { IsRepeatable = true, AwaitsCharge = true }, payment, cancellationToken);
        return (await hold.ChargeAsync(price)).Settlement;
    }
}
