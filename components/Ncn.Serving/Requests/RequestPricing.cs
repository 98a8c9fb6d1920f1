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
    /// <summary>Null when the whole ceiling is held at once.</summary>
    internal Growth.Growth? Growth { get; init; }

    /// <summary>Who has it free, of those who pay nothing today; null for whoever pays. Such a request runs now or not at all.</summary>
    internal string? Guest { get; init; }

    internal bool HasRoom => Offers.Any(static candidate => candidate.FreeSlots > 0);
}

/// <summary>Prices orders: before they run by the most that they can use, afterwards by what was delivered.</summary>
public sealed class RequestPricing(RoutingTable routing, SubnetTerms terms, GatewayIdentity identity)
{
    /// <summary>The order's price ceiling. Throws <see cref="ApiException"/> when nobody serves the model, or the model cannot hold the request.</summary>
    internal async Task<PricedOrder> PriceAsync(Order order, ApiError modelNotFound, CancellationToken cancellationToken)
    {
        var offers = CheckContext(order, CheckWishes(order, CheckKind(order, await OffersAsync(order, modelNotFound, cancellationToken))));
        var nodeCeiling = offers.Select(candidate => UsagePrice.Of(candidate.Offer.Price, order.Limit)).Max();
        var ceiling = identity.FreeOfCharge
            ? TokenAmount.Zero
            : UsagePrice.WithMargin(nodeCeiling, terms.MarginBasisPoints) * (ulong)order.Inputs.Count;
        return new PricedOrder(offers, nodeCeiling, ceiling);
    }

    /// <summary>What the client owes for what was delivered.</summary>
    internal TokenAmount CostOf(IReadOnlyList<RunPart.Finished> ends) => ends.SelectMany(static end => end.Earlier.Append(end)).Aggregate(
        TokenAmount.Zero,
        (sum, end) => sum + UsagePrice.WithMargin(UsagePrice.Of(end.Offer.Price, end.OwnUsage), terms.ChargedMarginBasisPoints) - end.Service.Credit);

    /// <summary>The most that a node may ask for this use.</summary>
    internal static TokenAmount NodeCeilingOf(PricedOrder priced, Usage usage) => priced.Offers.Select(candidate => UsagePrice.Of(candidate.Offer.Price, usage)).Max();

    /// <summary>The most that the client pays for this use.</summary>
    internal TokenAmount CeilingOf(PricedOrder priced, Usage usage) => UsagePrice.WithMargin(NodeCeilingOf(priced, usage), terms.MarginBasisPoints);

    /// <summary>How many tokens of a use can be paid for, whoever runs it; 1 at least.</summary>
    internal uint Covered(PricedOrder priced, Usage usage, TokenAmount budget)
    {
        var (covered, beyond) = (1u, Math.Max(1, usage.CompletionTokens) + 1);
        while (covered + 1 < beyond)
        {
            var middle = covered + ((beyond - covered) / 2);
            (covered, beyond) = CeilingOf(priced, usage with { CompletionTokens = middle }) <= budget ? (middle, beyond) : (covered, middle);
        }

        return covered;
    }

    /// <summary>What the client owes for what nodes have signed for, when the run was cut without a receipt.</summary>
    internal TokenAmount CostOf(DeliveredWork work, PricedOrder priced)
    {
        var cost = TokenAmount.Zero;
        foreach (var (node, model, usage) in work.Signed())
        {
            var offer = priced.Offers.FirstOrDefault(candidate => candidate.Node.Operator == node && candidate.Offer.Name == model)?.Offer;
            cost += offer is null ? default : UsagePrice.WithMargin(UsagePrice.Of(offer.Price, usage), terms.ChargedMarginBasisPoints);
        }

        return cost;
    }

    // Where nobody pays the gateway, it pays nobody: a node that wants money is not there.
    private async Task<List<Candidate>> OffersAsync(Order order, ApiError modelNotFound, CancellationToken cancellationToken)
    {
        var found = new List<Candidate>(await routing.FindAsync(order.Model, cancellationToken));
        foreach (var model in order.Fallbacks)
        {
            found.AddRange(await routing.FindAsync(model, cancellationToken));
        }

        // Its nodes start again, or nobody is there to ask: not the same as a model that nobody has.
        if (found.Count == 0 && (routing.IsEmpty || routing.HadLately(order.Model)))
        {
            throw new ApiException(ApiError.NoRoom(order.Model));
        }

        found.RemoveAll(candidate => (order.Node is { } node && candidate.Node.Operator != node) || (identity.FreeOfCharge && !candidate.Offer.Price.IsFree));
        return found.Count > 0 ? found : throw new ApiException(modelNotFound);
    }

    private static List<Candidate> CheckKind(Order order, List<Candidate> offers)
    {
        if (order.Kind is not { } kind)
        {
            return offers;
        }

        var fitting = offers.FindAll(candidate => candidate.Offer.Kind == kind);
        if (fitting.Count > 0)
        {
            return fitting;
        }

        var offer = offers[0].Offer;
        var path = offer.Kind switch
        {
            ModelOffer.Decoder => "/v1/chat/completions",
            ModelOffer.Embedding => "/v1/embeddings",
            _ => $"/v2/models/{offer.Name}/infer",
        };
        throw new ApiException(ApiError.BadRequest("wrong_kind", $"{offer.Name} is a model of the kind {offer.Kind}, which this path does not serve; use POST {path}.", "model"));
    }

    private List<Candidate> CheckWishes(Order order, List<Candidate> offers)
    {
        if (!order.Preferences.IsFilter)
        {
            return offers;
        }

        var wanted = offers.FindAll(candidate => order.Preferences.Admits(candidate.Node.Operator, candidate.Offer, terms.MarginBasisPoints, candidate.IsVerified));
        if (order.Preferences.VerifiedOnly && !offers.Exists(static candidate => candidate.IsVerified))
        {
            throw new ApiException(new ApiError(
                404, "no_verified_node", $"{offers.Count} nodes serve {order.Model}, and validators vouch for the build of none; leave provider.verified out, or try when more answers were checked.", "provider.verified"));
        }

        return wanted.Count > 0 ? wanted : throw new ApiException(new ApiError(
            404, "no_matching_node", $"{offers.Count} nodes serve {order.Model}, and none meets the request's provider preferences; loosen them.", "provider"));
    }

    private static List<Candidate> CheckContext(Order order, List<Candidate> offers)
    {
        var roomy = offers.FindAll(candidate => candidate.Offer.Kind != ModelOffer.Decoder || order.Limit.CompletionTokens < candidate.Offer.ContextTokens);
        return roomy.Count > 0 ? roomy : throw new ApiException(ApiError.BadRequest(
            "context_length_exceeded",
            $"max_tokens {order.Limit.CompletionTokens} leaves no room for a prompt in the {offers[0].Offer.ContextTokens} tokens of {offers[0].Offer.Name}; ask for fewer.",
            "max_tokens"));
    }
}
