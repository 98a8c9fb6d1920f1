using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Requests.Growth;

/// <summary>A request that is paid for step by step while it runs.</summary>
/// <param name="Step">What is held at once, and what is added each time, atomic units.</param>
internal sealed record Growth(TokenAmount Step);

/// <summary>Prices a request whose caller promises a part of the ceiling at first.</summary>
internal static class GrowingPrice
{
    // A step is worth the node's work on the prompt.
    private const uint LeastTokens = 16;

    /// <summary>The price of the first step; what was priced when the whole ceiling is to be held. Throws <see cref="ApiException"/> where steps are not possible.</summary>
    public static PricedOrder Shorten(RequestPricing pricing, ClientCall call, Order order, PricedOrder priced)
    {
        if (call.Reserve is not { } wanted || wanted >= priced.Ceiling)
        {
            return priced;
        }

        if (call.PrefersAsync || order.Inputs.Count != 1 || order.Inputs[0].KindCase != Input.KindOneofCase.Generate)
        {
            throw new ApiException(ApiError.BadRequest(
                "unsupported_reserve", $"{HttpCalls.ReserveHeader} is for one generated answer that is given at once; leave it out.", HttpCalls.ReserveHeader));
        }

        var step = TokenAmount.Max(wanted, Least(pricing, priced, order.Limit));
        return step >= priced.Ceiling ? priced : priced with { Ceiling = step, Growth = new Growth(step) };
    }

    /// <summary>What the next step costs at most: as much as the first, no more than what is to come, and enough to be worth it.</summary>
    public static TokenAmount NextStep(RequestPricing pricing, PricedOrder priced, Ncn.Payments.Pricing.Usage rest) =>
        TokenAmount.Min(pricing.CeilingOf(priced, rest), TokenAmount.Max(priced.Growth!.Step, Least(pricing, priced, rest)));

    /// <summary>Steps are vouchers that may grow: no transfer does, and no client that is held to its total.</summary>
    public static void Check(PricedOrder priced, ClientPayment? payment)
    {
        if (priced.Growth is not null && payment is not ClientPayment.Voucher { IsStrict: false, Deposit: null })
        {
            throw new ApiException(ApiError.BadRequest(
                "unsupported_reserve", $"{HttpCalls.ReserveHeader} is for vouchers of batch-settlement that are marked parallel; pay the whole ceiling instead.", HttpCalls.ReserveHeader));
        }
    }

    private static TokenAmount Least(RequestPricing pricing, PricedOrder priced, Ncn.Payments.Pricing.Usage limit) =>
        pricing.CeilingOf(priced, limit with { CompletionTokens = Math.Min(LeastTokens, limit.CompletionTokens) });
}
