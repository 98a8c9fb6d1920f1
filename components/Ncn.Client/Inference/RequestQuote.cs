using Ncn.Protocol;

namespace Ncn.Client.Inference;

/// <summary>What a gateway says that a request may cost at most and will probably cost, before anything is paid or run.</summary>
/// <param name="Model">The model that is asked.</param>
/// <param name="Ceiling">The most that the request can cost, atomic units.</param>
/// <param name="Expected">What requests like it have cost, atomic units; the ceiling where nothing was measured.</param>
/// <param name="MeasuredRequests">How many requests the expectation rests on.</param>
/// <param name="Quote">The same, signed by the gateway for the very bytes of the request.</param>
/// <param name="Header">Sent as the header NCN-QUOTE with the request, it holds the gateway to the ceiling until the quote expires.</param>
public sealed record RequestQuote(
    string Model, TokenAmount Ceiling, TokenAmount Expected, ulong MeasuredRequests, Signed<Quote> Quote, string Header)
{
    /// <summary>The header's name.</summary>
    public const string HeaderName = "NCN-QUOTE";

    /// <summary>When the gateway is held to it no longer.</summary>
    public DateTimeOffset ExpiresAt => DateTimeOffset.FromUnixTimeMilliseconds((long)Quote.Message.ExpiresAt);
}
