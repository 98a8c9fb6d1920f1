using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Subnets;

/// <summary>A member's load as its last heartbeat told it. Soft: it may be lost with the process and is told again.</summary>
/// <param name="FreeSlots">Requests that it could start now.</param>
/// <param name="Queued">Requests that wait in it.</param>
/// <param name="LastSeen">Unix milliseconds of the last record or heartbeat.</param>
/// <param name="HeartbeatSequence">Of the last heartbeat; 0 before the first.</param>
public sealed record NodeLoad(uint FreeSlots, uint Queued, ulong LastSeen, ulong HeartbeatSequence);

/// <summary>A former member's last sequence, kept while its last record could be replayed.</summary>
/// <param name="Sequence">No record at or below it is accepted.</param>
/// <param name="ForgetAt">Unix milliseconds: when that record expires.</param>
public sealed record Departed(ulong Sequence, ulong ForgetAt);

/// <summary>Who is in a subnet.</summary>
/// <param name="Version">Rises with every change of membership or load, and across restarts: it is at least the time of the change.</param>
/// <param name="Members">By operator. Durable.</param>
/// <param name="Departed">By operator. Durable.</param>
/// <param name="Loads">One for each member. Soft.</param>
/// <param name="ReportedFreeSlots">What was last reported to the mempool.</param>
/// <param name="ReportedAt">Unix milliseconds of that report; 0 before the first.</param>
public sealed record SubnetState(
    ulong Version, ImmutableSortedDictionary<Address, NodeRecord> Members, ImmutableSortedDictionary<Address, Departed> Departed,
    ImmutableSortedDictionary<Address, NodeLoad> Loads, uint ReportedFreeSlots, ulong ReportedAt)
{
    /// <summary>The operators' signatures under their records, of members that came with one. Durable.</summary>
    public ImmutableSortedDictionary<Address, Signature> Signatures { get; init; } = ImmutableSortedDictionary<Address, Signature>.Empty;

    /// <summary>What the chain's events told. Durable.</summary>
    public SubnetMirror Mirror { get; init; } = SubnetMirror.Empty;

    /// <summary>A subnet without nodes.</summary>
    public static SubnetState Empty { get; } = new(
        0, ImmutableSortedDictionary<Address, NodeRecord>.Empty, ImmutableSortedDictionary<Address, Departed>.Empty,
        ImmutableSortedDictionary<Address, NodeLoad>.Empty, 0, 0);
}

/// <summary>Bounds of a subnet.</summary>
/// <param name="SilenceMilliseconds">A member that is silent for longer is out.</param>
public sealed record SubnetLimits(ulong SilenceMilliseconds)
{
    /// <summary>Most members.</summary>
    public int MaxNodes { get; init; } = 4096;

    /// <summary>Most that a sender's clock may differ, milliseconds.</summary>
    public ulong MaxClockSkewMilliseconds { get; init; } = 60_000;

    /// <summary>Longest life of a record, milliseconds: 30 days.</summary>
    public ulong MaxRecordLifeMilliseconds { get; init; } = 30UL * 24 * 60 * 60 * 1000;

    /// <summary>Free slots are reported when they change, and at least this often, milliseconds.</summary>
    public ulong ReportIntervalMilliseconds { get; init; } = 1_000;
}
