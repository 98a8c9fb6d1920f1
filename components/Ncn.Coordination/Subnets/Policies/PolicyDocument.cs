using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Coordination.Subnets.Policies;

/// <summary>What a subnet gives away: requests a UTC day without payment.</summary>
/// <param name="RequestsPerAddress">From one address.</param>
/// <param name="RequestsPerPayer">To one payer whose channel holds money.</param>
/// <param name="MaxCeiling">The dearest request that is free, atomic units.</param>
public sealed record FreeTier(uint RequestsPerAddress, uint RequestsPerPayer, TokenAmount MaxCeiling);

/// <summary>How large a node may be.</summary>
/// <param name="MinSlots">Requests that it runs at once, at least.</param>
/// <param name="MaxSlots">And at most.</param>
public sealed record CapacityRule(uint MinSlots, uint MaxSlots);

/// <summary>The rules of a subnet that the chain knows by their hash only. What is absent is not ruled.</summary>
/// <remarks>A document in force was made by <see cref="PolicyReader"/>; its bounds hold therefore.</remarks>
public sealed record PolicyDocument
{
    /// <summary>Models that may be offered, by digest, in order; null for any.</summary>
    public ImmutableSortedSet<Hash32>? Models { get; init; }

    /// <summary>The most that a node may ask for a model, by digest.</summary>
    public ImmutableSortedDictionary<Hash32, ModelPrice> PriceCeilings { get; init; } = ImmutableSortedDictionary<Hash32, ModelPrice>.Empty;

    /// <summary>The most that a node may ask for every other model; null for no ceiling.</summary>
    public ModelPrice? OtherPriceCeiling { get; init; }

    /// <summary>Share of answers that is checked again at least, basis points; it counts where it is above the chain's.</summary>
    public uint? VerificationFloor { get; init; }

    /// <summary>The most that a gateway may add to a node's price, basis points.</summary>
    public uint? FeeBasisPoints { get; init; }

    /// <summary>Seconds between two epochs, for the readers of the document; what the chain says counts.</summary>
    public uint? EpochLength { get; init; }

    /// <summary>What gateways give away; null leaves it to each.</summary>
    public FreeTier? FreeTier { get; init; }

    /// <summary>How large nodes may be; null for any size.</summary>
    public CapacityRule? Capacity { get; init; }

    /// <summary>The one text of these rules: UTF-8 JSON without white space, members and digests in order.</summary>
    public byte[] Canonical() => PolicyWriter.Write(this);

    /// <summary>keccak-256 of <see cref="Canonical"/>: the subnet's <c>policy</c> on the chain.</summary>
    public Hash32 Hash() => Keccak256.Of(Canonical());

    /// <summary>Whether a model may be offered at its price.</summary>
    public bool Admits(ModelOffer offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        return Models?.Contains(offer.Digest.Value) != false
            && IsWithin(offer.Price, PriceCeilings.TryGetValue(offer.Digest.Value, out var ceiling) ? ceiling : OtherPriceCeiling);
    }

    /// <summary>Whether a node may be a member: its size is within the rule, and at least one of its models is admitted.</summary>
    public bool Admits(NodeRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return (Capacity is not { } size || (record.Slots >= size.MinSlots && record.Slots <= size.MaxSlots)) && record.Models.Any(Admits);
    }

    private static bool IsWithin(ModelPrice price, ModelPrice? ceiling) =>
        ceiling is null
        || (price.PerRequest <= ceiling.PerRequest && price.PerPromptToken <= ceiling.PerPromptToken
            && price.PerCompletionToken <= ceiling.PerCompletionToken && price.PerInputRow <= ceiling.PerInputRow);
}
