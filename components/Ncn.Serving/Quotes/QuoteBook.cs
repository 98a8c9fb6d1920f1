using Microsoft.Extensions.Options;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Requests;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Quotes;

/// <summary>Signs quotes, and keeps to them: a request that brings a quote of this gateway for its very bytes is asked for no more.</summary>
public sealed class QuoteBook(
    GatewayIdentity identity, MeasuredUse uses, IOptions<GatewayOptions> options, SubnetTerms terms, IOptions<QuoteOptions> quotes, TimeProvider time)
{
    /// <summary>The header with which a client holds the gateway to a quote: base64 of the JSON of the signed quote.</summary>
    public const string Header = "NCN-QUOTE";

    /// <summary>A signed quote, and what is expected to be used by each input.</summary>
    internal (Signed<Quote> Signed, Usage Expected, ulong Measured) Sign(string path, Order order, PricedOrder priced)
    {
        var use = uses.Of(priced.Offers[0].Offer.Name);
        var expected = use.Of(order.Limit);
        var quote = new Quote(
            identity.Address, options.Value.Subnet, order.Model, RequestIds.Fingerprint(path, order.Body.Span), priced.Ceiling,
            TokenAmount.Min(priced.Ceiling, CostOf(expected, order, priced)), (ulong)time.GetUtcNow().ToUnixTimeMilliseconds() + ((ulong)quotes.Value.ValidSeconds * 1000));
        return (identity.Signer.Sign(quote, identity.NetworkDomain), expected, use.Requests);
    }

    /// <summary>The order at the quoted ceiling, where its call brings a quote; prices that fell since are kept. Throws for a quote that does not fit.</summary>
    internal PricedOrder Honour(ClientCall call, Order order, PricedOrder priced)
    {
        if (call.Quote is not { } header)
        {
            return priced;
        }

        var signed = X402Header.Decode<Signed<Quote>>(header, out var problem) ?? throw Invalid($"The header {Header} cannot be read: {problem}");
        var quote = signed.Message ?? throw Invalid($"The header {Header} holds no quote");
        return quote.InputHash != RequestIds.Fingerprint(call.Route, order.Body.Span) ? throw Invalid("The quote is for other bytes than this request's path and body")
            : quote.Subnet != options.Value.Subnet || !signed.IsSignedBy(identity.Address, identity.NetworkDomain) ? throw Invalid("The quote is not this gateway's")
            : quote.ExpiresAt <= (ulong)time.GetUtcNow().ToUnixTimeMilliseconds() ? throw Invalid("The quote has expired")
            : quote.Ceiling < priced.Ceiling ? Bound(order, priced, quote.Ceiling)
            : priced;
    }

    // A node that asks more than was quoted is not used: it could have raised its price after a quote that it asked for itself, and what it
    // asks beyond would be this gateway's to pay. At most the margin is given up.
    private static PricedOrder Bound(Order order, PricedOrder priced, TokenAmount ceiling)
    {
        var most = new TokenAmount(ceiling.Units / (uint)order.Inputs.Count);
        Candidate[] within = [.. priced.Offers.Where(candidate => UsagePrice.Of(candidate.Offer.Price, order.Limit) <= most)];
        return within.Length > 0
            ? priced with { Offers = within, NodeCeiling = TokenAmount.Min(priced.NodeCeiling, most), Ceiling = ceiling }
            : throw new ApiException(new ApiError(
                409, "quote_outdated", $"All nodes that serve {order.Model} have raised their prices beyond the quote; ask POST /v1/quote anew, or leave the header {Header} out.", Header));
    }

    // Which node will run it is not known: the mean of what they ask.
    private TokenAmount CostOf(Usage use, Order order, PricedOrder priced)
    {
        if (identity.FreeOfCharge)
        {
            return default;
        }

        var sum = priced.Offers.Aggregate(
            TokenAmount.Zero, (total, candidate) => total + UsagePrice.WithMargin(UsagePrice.Of(candidate.Offer.Price, use), terms.MarginBasisPoints));
        return new TokenAmount(sum.Units / (uint)priced.Offers.Count) * (ulong)order.Inputs.Count;
    }

    private static ApiException Invalid(string problem) =>
        new(ApiError.BadRequest("invalid_quote", $"{problem}; ask POST /v1/quote anew, or leave the header {Header} out.", Header));
}
