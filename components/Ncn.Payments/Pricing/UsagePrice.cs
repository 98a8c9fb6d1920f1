using Ncn.Protocol;

namespace Ncn.Payments.Pricing;

/// <summary>What a request used, or at most can use.</summary>
/// <param name="PromptTokens">Tokens of the prompt; for a ceiling, its bytes (a byte-level tokenizer makes at most one token of a byte).</param>
/// <param name="CompletionTokens">Delivered tokens; for a ceiling, max_tokens.</param>
/// <param name="Rows">Rows of a tensor request, texts of an embedding request; 0 for decoders.</param>
public readonly record struct Usage(uint PromptTokens, uint CompletionTokens, uint Rows);

/// <summary>Prices in atomic units, from a node's offer.</summary>
public static class UsagePrice
{
    /// <summary>One hundred percent in basis points.</summary>
    public const uint WholeBasisPoints = 10_000;

    /// <summary>What the node asks for this use. An empty answer (no completion tokens, no rows) costs nothing.</summary>
    public static TokenAmount Of(ModelPrice price, Usage usage)
    {
        ArgumentNullException.ThrowIfNull(price);
        return price.Of(usage.PromptTokens, usage.CompletionTokens, usage.Rows);
    }

    /// <summary>What the gateway asks: the node's price and its margin, rounded up to a whole unit.</summary>
    /// <param name="marginBasisPoints">1 is 0.01 %, at most 10,000.</param>
    public static TokenAmount WithMargin(TokenAmount nodePrice, uint marginBasisPoints)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(marginBasisPoints, WholeBasisPoints);
        var scaled = (nodePrice * (WholeBasisPoints + marginBasisPoints)).Units;
        return new TokenAmount((scaled / WholeBasisPoints) + (scaled % WholeBasisPoints == 0 ? 0u : 1u));
    }
}
