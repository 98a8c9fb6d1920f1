using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Standings;

/// <summary>What is believed of a network's nodes and audits: each word of it was said by validators with more than two thirds of the stake.</summary>
/// <param name="Nodes">By operator.</param>
/// <param name="Audits">Those that are decided, by gateway and receipt.</param>
public sealed record BelievedStanding(
    ImmutableSortedDictionary<Address, NodeStanding> Nodes, ImmutableDictionary<(Address Gateway, Hash32 Receipt), AuditVerdict> Audits)
{
    /// <summary>Nothing was said.</summary>
    public static BelievedStanding Nothing { get; } =
        new(ImmutableSortedDictionary<Address, NodeStanding>.Empty, ImmutableDictionary<(Address Gateway, Hash32 Receipt), AuditVerdict>.Empty);
}

/// <summary>What each validator said last, and what follows from all of it.</summary>
/// <param name="Said">By validator; of members of the set alone.</param>
public sealed record StandingState(ImmutableSortedDictionary<Address, LedgerStanding> Said, BelievedStanding Believed)
{
    /// <summary>Nobody has said anything.</summary>
    public static StandingState Empty { get; } = new(ImmutableSortedDictionary<Address, LedgerStanding>.Empty, BelievedStanding.Nothing);
}

/// <summary>What can happen. Signatures are verified by the shell.</summary>
public abstract record StandingInput
{
    private StandingInput()
    {
    }

    /// <summary>A validator says how nodes and gateways stand.</summary>
    /// <param name="Set">The chain's current set: stake by consensus key.</param>
    public sealed record Heard(LedgerStanding Standing, ImmutableSortedDictionary<Address, UInt128> Set) : StandingInput;

    /// <summary>The chain has another set.</summary>
    public sealed record SetChanged(ImmutableSortedDictionary<Address, UInt128> Set) : StandingInput;
}

/// <summary>What the shell is to do.</summary>
public abstract record StandingOutput
{
    private StandingOutput()
    {
    }

    /// <summary>These nodes stand otherwise than before.</summary>
    public sealed record NodesChanged(ImmutableArray<NodeStanding> Nodes) : StandingOutput;

    /// <summary>An audit is decided.</summary>
    public sealed record AuditDecided(Address Gateway, Hash32 Receipt, AuditVerdict Verdict) : StandingOutput;
}
