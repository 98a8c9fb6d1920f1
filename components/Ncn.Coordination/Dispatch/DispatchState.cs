using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Dispatch;

/// <summary>An attempt that runs.</summary>
/// <param name="Sequence">Of the node's record then.</param>
/// <param name="StartedAt">Unix milliseconds.</param>
public sealed record DispatchAttempt(uint Number, Address Node, ulong Sequence, ModelOffer Offer, ulong StartedAt);

/// <summary>A run from its arrival to its end.</summary>
/// <param name="Attempts">Those that run: none while it waits, two while it is hedged.</param>
/// <param name="Next">The number of the next attempt.</param>
/// <param name="Failed">Nodes that failed it, with the sequence of the record that they had: one that joined anew may try again.</param>
/// <param name="BusyUntil">Nodes that had no room, and when they are asked again.</param>
public sealed record DispatchRun(
    DispatchQuery Query, ImmutableArray<DispatchAttempt> Attempts, uint Next, ImmutableDictionary<Address, ulong> Failed,
    ImmutableDictionary<Address, ulong> BusyUntil)
{
    /// <summary>Attempts that a node is to blame for.</summary>
    public int Failures { get; init; }

    /// <summary>What the output so far came from, and others of the same version go on; null before the first.</summary>
    public ModelOffer? Offer { get; init; }

    /// <summary>The client has something already.</summary>
    public bool HasOutput => Offer is not null;

    /// <summary>It has had its second node.</summary>
    public bool WasHedged { get; init; }

    /// <summary>When a second node may be started; null for never.</summary>
    public ulong? HedgeAt { get; init; }

    /// <summary>Until when it waits for a node after a failure; 0 before the first.</summary>
    public ulong PatientUntil { get; init; }

    internal DispatchAttempt? Attempt(uint number)
    {
        foreach (var attempt in Attempts)
        {
            if (attempt.Number == number)
            {
                return attempt;
            }
        }

        return null;
    }

    internal bool RunsOn(Address node)
    {
        foreach (var attempt in Attempts)
        {
            if (attempt.Node == node)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>All that a gateway knows of its nodes and of what it runs on them. It lives in memory: a restart learns it anew.</summary>
/// <param name="Models">By name.</param>
/// <param name="Health">By operator; a node that nothing is known of is not in it.</param>
/// <param name="Runs">By the shell's number.</param>
/// <param name="Paces">By model name.</param>
/// <param name="HedgeCredit">Percent points: each run adds some, each hedge takes a hundred.</param>
public sealed record DispatchState(
    ImmutableDictionary<string, ImmutableArray<DispatchOffer>> Models, ImmutableDictionary<Address, NodeHealth> Health,
    ImmutableDictionary<ulong, DispatchRun> Runs, ImmutableDictionary<string, ModelPace> Paces, PrefixAffinity Affinity, uint HedgeCredit)
{
    /// <summary>Nothing is known.</summary>
    public static DispatchState Empty { get; } = new(
        ImmutableDictionary.Create<string, ImmutableArray<DispatchOffer>>(StringComparer.Ordinal), ImmutableDictionary<Address, NodeHealth>.Empty,
        ImmutableDictionary<ulong, DispatchRun>.Empty, ImmutableDictionary.Create<string, ModelPace>(StringComparer.Ordinal), PrefixAffinity.Empty, 0);

    /// <summary>What is known of a node.</summary>
    public NodeHealth HealthOf(Address node) => Health.GetValueOrDefault(node, NodeHealth.Unknown);

    /// <summary>What the attempt's node says of itself now; null when it has left, or offers the model no more.</summary>
    internal DispatchOffer? OfferOf(DispatchAttempt attempt)
    {
        foreach (var offer in Models.GetValueOrDefault(attempt.Offer.Name, []))
        {
            if (offer.Node.Operator == attempt.Node)
            {
                return offer;
            }
        }

        return null;
    }

    /// <summary>How far a node is taken at its word about its free slots, permille: the less of what this gateway has seen and what the others say.</summary>
    public uint CandourOf(DispatchOffer offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        return Math.Min(HealthOf(offer.Node.Operator).Candour, offer.Score);
    }

    /// <summary>Requests that a node could start now, as its heartbeat and this gateway's own count have it; 0 or less when it is full.</summary>
    public int FreeSlots(DispatchOffer offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        var slots = (int)offer.Node.Slots;
        return slots - Math.Max(HealthOf(offer.Node.Operator).InFlight, slots - (int)Math.Min(offer.FreeSlots, offer.Node.Slots));
    }
}

/// <summary>The policy's numbers; times are milliseconds.</summary>
public sealed record DispatchRules
{
    /// <summary>What the gateway adds to a node's price, basis points: a client's price cap counts it.</summary>
    public uint MarginBasisPoints { get; init; }

    /// <summary>Nodes that may fail one run.</summary>
    public int MaxFailures { get; init; } = 4;

    /// <summary>Attempts of one run, busy nodes included.</summary>
    public uint MaxAttempts { get; init; } = 64;

    /// <summary>How long a run that was failed waits for a node: a crashed one is soon back, and the client keeps what it has.</summary>
    public ulong Patience { get; init; } = 20_000;

    /// <summary>How often it looks for one meanwhile.</summary>
    public ulong PickInterval { get; init; } = 200;

    /// <summary>How long a node that had no room is not asked again by the same run.</summary>
    public ulong BusyTime { get; init; } = 500;

    /// <summary>How long a node is kept out after its first failure; doubled with each further one.</summary>
    public ulong Ejection { get; init; } = 5_000;

    /// <summary>The longest ejection.</summary>
    public ulong MaxEjection { get; init; } = 300_000;

    /// <summary>A node that was not ejected for this long has a clean slate.</summary>
    public ulong Forgiveness { get; init; } = 60_000;

    /// <summary>How long a node is out, without exception, that sent what it did not sign: a minute, since a stale offer can look like a lie.</summary>
    public ulong Bar { get; init; } = 60_000;

    /// <summary>A node whose time to the first token is above the model's median by this factor is ejected.</summary>
    public ulong SlowFactor { get; init; } = 4;

    /// <summary>And by at least this much.</summary>
    public ulong SlowMargin { get; init; } = 250;

    /// <summary>Once it has been measured this often.</summary>
    public uint SlowSamples { get; init; } = 16;

    /// <summary>Second nodes, percent of the runs; 0 for none.</summary>
    public uint HedgePercent { get; init; } = 5;

    /// <summary>A model must have been measured this often before it is hedged.</summary>
    public uint HedgeSamples { get; init; } = 20;

    /// <summary>No second node is started before.</summary>
    public ulong LeastHedge { get; init; } = 50;

    /// <summary>Beginnings of prompts that are remembered.</summary>
    public int AffinityCapacity { get; init; } = 8_192;

    /// <summary>A node that is fuller than this gets no run for its cache's sake, percent of its slots.</summary>
    public ulong AffinityLoad { get; init; } = 75;
}
