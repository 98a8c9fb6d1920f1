using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Subnets;

/// <summary>What a subnet asks of its members, as the chain had it at a block.</summary>
/// <param name="Block">The number of that block; what was read at a lower one never replaces it.</param>
/// <param name="UnbondingDelay">Seconds.</param>
/// <param name="EpochLength">Seconds.</param>
/// <param name="VerificationFloor">Least share of answers that is checked again, basis points.</param>
/// <param name="Policy">keccak-256 of the subnet's policy document; zero when there is none.</param>
public sealed record MirroredParameters(
    ulong Block, TokenAmount MinGatewayStake, TokenAmount MinNodeStake, TokenAmount MinValidatorStake, ulong UnbondingDelay,
    ulong EpochLength, uint VerificationFloor, Hash32 Policy);

/// <summary>An operator's bonded stake in a subnet, as the chain had it at a block.</summary>
/// <param name="Block">The number of that block.</param>
/// <param name="HomeSubnet">The subnet whose validators the operator's fees pay; 0 for none.</param>
public sealed record MirroredStake(ulong Block, TokenAmount Gateway, TokenAmount Node, TokenAmount Validator, uint HomeSubnet)
{
    internal TokenAmount Sum => Gateway + Node + Validator;
}

/// <summary>Parameters that the owner has proposed.</summary>
/// <param name="EffectiveAt">Unix seconds, by the chain's clock: from then on they are in force.</param>
public sealed record ProposedParameters(MirroredParameters Parameters, ulong EffectiveAt);

/// <summary>Whose subnet it is, as the chain had it at a block.</summary>
/// <param name="PendingOwner">Who may take it over; zero when nobody was named.</param>
/// <param name="StakeToken">The token of all stake in it.</param>
public sealed record MirroredOwner(ulong Block, string Name, Address Owner, Address PendingOwner, Address StakeToken);

/// <summary>What this registry knows of a subnet from the chain's events.</summary>
/// <param name="Parameters">Those in force; null until the chain was read.</param>
/// <param name="Stakes">By operator; one that has left stays with nothing, so that an older reading cannot bring it back.</param>
public sealed record SubnetMirror(MirroredParameters? Parameters, ImmutableSortedDictionary<Address, MirroredStake> Stakes)
{
    /// <summary>Most operators that are kept; the smallest and oldest go first.</summary>
    public const int MaxOperators = 8192;

    /// <summary>Nothing is known.</summary>
    public static SubnetMirror Empty { get; } = new(null, ImmutableSortedDictionary<Address, MirroredStake>.Empty);

    /// <summary>Parameters that are not in force yet; read together with <see cref="Parameters"/>, of whose block they are.</summary>
    public ProposedParameters? Proposed { get; init; }

    /// <summary>Null until the chain was read.</summary>
    public MirroredOwner? Owner { get; init; }

    /// <summary>The hash of the policy that the chain names now; null for none.</summary>
    internal Hash32? PolicyInForce => Parameters is { Policy: { IsZero: false } policy } ? policy : null;

    /// <summary>The hash of the policy that it names when the proposed parameters are in force; null for none.</summary>
    internal Hash32? PolicyProposed => Proposed is { Parameters.Policy: { IsZero: false } policy } ? policy : null;

    /// <summary>Whether an operator has the stake that nodes need. Before the chain was read nobody is refused; afterwards one that it says nothing of has none.</summary>
    public bool HasNodeStake(Address node) =>
        Parameters is not { MinNodeStake: var least } || least.IsZero || (Stakes.TryGetValue(node, out var stake) && stake.Node >= least);

    internal SubnetMirror Observe(SubnetInput.Observe input)
    {
        var kept = input.ReorganizedFrom is { } from ? Forget(from) : this;
        if (input.Parameters is { } parameters && !(kept.Parameters?.Block > parameters.Block))
        {
            kept = kept with { Parameters = parameters, Proposed = input.Proposed };
        }

        if (input.Owner is { } owner && !(kept.Owner?.Block > owner.Block))
        {
            kept = kept with { Owner = owner };
        }

        return input is { Operator: { } staker, Stake: { } stake } && !(kept.Stakes.GetValueOrDefault(staker)?.Block > stake.Block)
            ? kept with { Stakes = Bound(kept.Stakes.SetItem(staker, stake)) }
            : kept;
    }

    // What was read at a block that was taken back stays until it is read anew, and gives way to any reading.
    private SubnetMirror Forget(ulong from)
    {
        var gone = Stakes.Where(entry => entry.Value.Block >= from).ToArray();
        return this with
        {
            Parameters = Parameters?.Block >= from ? Parameters with { Block = 0 } : Parameters,
            Owner = Owner?.Block >= from ? Owner with { Block = 0 } : Owner,
            Stakes = Stakes.SetItems(gone.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value with { Block = 0 }))),
        };
    }

    private static ImmutableSortedDictionary<Address, MirroredStake> Bound(ImmutableSortedDictionary<Address, MirroredStake> stakes) =>
        stakes.Count <= MaxOperators ? stakes : stakes.Remove(stakes.MinBy(static entry => (entry.Value.Sum, entry.Value.Block)).Key);
}
