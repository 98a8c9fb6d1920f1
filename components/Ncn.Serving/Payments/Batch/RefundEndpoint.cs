using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Payments.Batch;

/// <summary>GET on a paid resource: what stock x402 clients ask, and pay with, when they want a refund.</summary>
public sealed class RefundEndpoint(PaymentReader reader, PaymentOffers offers, RefundDesk desk)
{
    public Task HandleAsync(HttpContext http) => Edge.RunAsync(http, OpenAiError.WriteAsync, async () =>
    {
        var payment = reader.Read(HttpCalls.Read(http), TokenAmount.Zero) ?? throw offers.Demand(TokenAmount.Zero, "payment_required");
        if (payment is not ClientPayment.Refund refund)
        {
            throw new ApiException(new ApiError(405, "method_not_allowed", "GET takes a refund only; send requests by POST.") { RetryAfterSeconds = 0 });
        }

        await StoredAnswers.WriteAsync(http, await AnswerAsync(desk, refund, http.RequestAborted));
    });

    /// <summary>Refunds, and what is answered to it.</summary>
    internal static async Task<StoredAnswer> AnswerAsync(RefundDesk desk, ClientPayment.Refund refund, CancellationToken cancellationToken)
    {
        var settlement = await desk.RefundAsync(refund, cancellationToken);
        var body = X402Header.ToJson(new
        {
            @object = "refund", channel_id = settlement.Extra!.ChannelState.ChannelId, amount = settlement.Amount, transaction = settlement.Transaction,
        });
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { [X402Header.Response] = X402Header.Encode(settlement) };
        return new StoredAnswer(StatusCodes.Status200OK, body, headers, TokenAmount.Zero);
    }
}
