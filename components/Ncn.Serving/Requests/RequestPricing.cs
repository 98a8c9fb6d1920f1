using Microsoft.Extensions.Options;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Requests;

/// <summary>An order and what it may cost.</summary>
/// <param name="Offers">Who could run it.</param>
/// <param name="NodeCeiling">The most that a node may ask for one input.</param>
/// <param name="Ceiling">The most that the client pays for all inputs.</param>
internal sealed record PricedOrder(IReadOnlyList<Candidate> Offers, TokenAmount NodeCeiling, TokenAmount Ceiling)
{
    internal bool HasRoom => Offers.Any(static candidate => candidate.FreeSlots > 0);
}

/// <summary>Prices orders: before they run by the most that they can use, afterwards by what was delivered.</summary>
public sealed class RequestPricing(RoutingTable routing, IOptions<GatewayOptions> options, GatewayIdentity identity)
{
    /// <summary>The order's price ceiling. Throws <see cref="ApiException"/> when nobody serves the model, or the model cannot hold the request.</summary>
    internal async Task<PricedOrder> PriceAsync(Order order, ApiError modelNotFound, CancellationToken cancellationToken)
    {
        var offers = await OffersAsync(order, cancellationToken);
        if (offers.Count == 0)
        {
            throw new ApiException(modelNotFound);
        }

        CheckKind(order, offers);
        CheckContext(order, offers);
        var nodeCeiling = offers.Select(candidate => UsagePrice.Of(candidate.Offer.Price, order.Limit)).Max();
        var ceiling = identity.FreeOfCharge
            ? TokenAmount.Zero
            : UsagePrice.WithMargin(nodeCeiling, options.Value.MarginBasisPoints) * (ulong)order.Inputs.Count;
        return new PricedOrder(offers, nodeCeiling, ceiling);
    }

    /// <summary>What the client owes for what was delivered.</summary>
    internal TokenAmount CostOf(IReadOnlyList<RunPart.Finished> ends) => ends.Aggregate(
        TokenAmount.Zero,
        (sum, end) => sum + UsagePrice.WithMargin(UsagePrice.Of(end.Offer.Price, end.Usage), options.Value.MarginBasisPoints));

    // Where nobody pays the gateway, it pays nobody: a node that wants money is not there.
    private async Task<IReadOnlyList<Candidate>> OffersAsync(Order order, CancellationToken cancellationToken)
    {
        var offers = await routing.FindAsync(order.Model, cancellationToken);
        offers = order.Node is { } node ? [.. offers.Where(candidate => candidate.Node.Operator == node)] : offers;
        return identity.FreeOfCharge ? [.. offers.Where(static candidate => candidate.Offer.Price.IsFree)] : offers;
    }

    private static void CheckKind(Order order, IReadOnlyList<Candidate> offers)
    {
        var offer = offers[0].Offer;
        if (order.Kind is { } kind && offer.Kind != kind)
        {
            var path = offer.Kind switch
            {
                ModelOffer.Decoder => "/v1/chat/completions",
                ModelOffer.Embedding => "/v1/embeddings",
                _ => $"/v2/models/{offer.Name}/infer",
            };
            throw new ApiException(ApiError.BadRequest("wrong_kind", $"{offer.Name} is a model of the kind {offer.Kind}, which this path does not serve; use POST {path}.", "model"));
        }
    }

    private static void CheckContext(Order order, IReadOnlyList<Candidate> offers)
    {
        var offer = offers[0].Offer;
        if (offer.Kind == ModelOffer.Decoder && order.Limit.CompletionTokens >= offer.ContextTokens)
        {
            throw new ApiException(ApiError.BadRequest(
                "context_length_exceeded",
                $"max_tokens {order.Limit.CompletionTokens} leaves no room for a prompt in the {offer.ContextTokens} tokens of {offer.Name}; ask for fewer.",
                "max_tokens"));
        }
    }
}
