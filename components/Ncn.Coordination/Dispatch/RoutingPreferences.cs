using System.Collections.Immutable;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Coordination.Dispatch;

/// <summary>What nodes are compared by when a client wants one thing above all; load and luck then decide nothing.</summary>
public enum RoutingSort
{
    /// <summary>The better of two random nodes, by load and latency.</summary>
    Balanced,

    /// <summary>The lowest price for this request.</summary>
    Price,

    /// <summary>The most tokens a second.</summary>
    Throughput,

    /// <summary>The shortest time to the first token.</summary>
    Latency,
}

/// <summary>The most that a client will pay, atomic units, the gateway's margin included; null for no bound of its own.</summary>
public sealed record PriceCap(TokenAmount? PerPromptToken, TokenAmount? PerCompletionToken, TokenAmount? PerRequest, TokenAmount? PerInputRow);

/// <summary>What a client says about the nodes that it wants: the member <c>provider</c> of a request. Empty by default.</summary>
/// <remarks>Nodes are named by their operators' addresses; what a node record must say to pass a filter is signed by its operator.</remarks>
public sealed record RoutingPreferences
{
    /// <summary>No wishes.</summary>
    public static RoutingPreferences None { get; } = new();

    /// <summary>Nodes to try first, in this order.</summary>
    public ImmutableArray<Address> Order { get; init; } = [];

    /// <summary>The only nodes that may run it; empty for all.</summary>
    public ImmutableArray<Address> Only { get; init; } = [];

    /// <summary>Nodes that may not run it.</summary>
    public ImmutableArray<Address> Ignore { get; init; } = [];

    /// <summary>Whether nodes that are not in <see cref="Order"/> may run it, and whether another node may go on after one that failed.</summary>
    public bool AllowFallbacks { get; init; } = true;

    /// <summary>Null for no bound.</summary>
    public PriceCap? MaxPrice { get; init; }

    /// <summary>The ways of storing weights that are accepted, as <see cref="ModelOffer.Quantization"/>; empty for all.</summary>
    public ImmutableArray<string> Quantizations { get; init; } = [];

    /// <summary>The exact builds of a model that are accepted; empty for all.</summary>
    public ImmutableArray<ModelDigest> Digests { get; init; } = [];

    /// <summary>Whether a request with a parameter that is not supported is refused instead of run without it.</summary>
    public bool RequireParameters { get; init; }

    /// <summary>What comes first.</summary>
    public RoutingSort Sort { get; init; }

    /// <summary>True when only nodes may run it that promise to keep nothing (<see cref="ModelOffer.Retention"/>).</summary>
    public bool DenyDataCollection { get; init; }

    /// <summary>True when only nodes may run it at which the validators have verified the build that they offer: its weights, and how they are stored.</summary>
    public bool VerifiedOnly { get; init; }

    /// <summary>Whether there are nodes that may not run it: such a request does not go into the queue, from which any node pulls.</summary>
    public bool IsFilter => !Only.IsEmpty || !Ignore.IsEmpty || !AllowFallbacks || MaxPrice is not null || !Quantizations.IsEmpty || !Digests.IsEmpty || DenyDataCollection || VerifiedOnly;

    /// <summary>Reads the member <c>provider</c>; null and undefined mean no wishes.</summary>
    /// <exception cref="PreferencesException">It cannot be read; names the field.</exception>
    public static RoutingPreferences Parse(JsonElement provider) => PreferencesReader.Read(provider);

    /// <summary>Whether a node's offer meets every wish but the order and the sort.</summary>
    /// <param name="marginBasisPoints">What the gateway adds to a node's price.</param>
    /// <param name="isVerified">Whether validators vouch for the offer's build.</param>
    public bool Admits(Address node, ModelOffer offer, uint marginBasisPoints, bool isVerified = false)
    {
        ArgumentNullException.ThrowIfNull(offer);
        return (Only.IsEmpty || Only.Contains(node))
            && (Ignore.IsEmpty || !Ignore.Contains(node))
            && (AllowFallbacks || Order.IsEmpty || Order.Contains(node))
            && (Quantizations.IsEmpty || Quantizations.Contains(offer.Quantization))
            && (Digests.IsEmpty || Digests.Contains(offer.Digest))
            && (!VerifiedOnly || isVerified)
            && (!DenyDataCollection || offer.Retention == ModelOffer.RetainsNothing)
            && (MaxPrice is null || IsWithin(MaxPrice, offer.Price, marginBasisPoints));
    }

    private static bool IsWithin(PriceCap cap, ModelPrice price, uint margin) =>
        IsWithin(cap.PerPromptToken, price.PerPromptToken, margin) && IsWithin(cap.PerCompletionToken, price.PerCompletionToken, margin)
        && IsWithin(cap.PerRequest, price.PerRequest, margin) && IsWithin(cap.PerInputRow, price.PerInputRow, margin);

    private static bool IsWithin(TokenAmount? cap, TokenAmount price, uint margin) =>
        cap is not { } most || price * (WholeBasisPoints + margin) <= most * WholeBasisPoints;

    private const uint WholeBasisPoints = 10_000;
}

/// <summary>A client's preferences cannot be read.</summary>
/// <param name="field">The path of the field, such as <c>provider.order[1]</c>.</param>
public sealed class PreferencesException(string field, string problem) : FormatException($"{field} {problem}")
{
    /// <summary>The path of the field.</summary>
    public string Field { get; } = field;
}
