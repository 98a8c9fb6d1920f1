using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Ncn.Coordination.Subnets.FailureDetection;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Protocol;

namespace Ncn.Coordination.Subnets;

/// <summary>How a member's sign of life stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MemberStanding>))]
public enum MemberStanding
{
    /// <summary>It beats.</summary>
    Live,

    /// <summary>It is silent for longer than usual: used where no other can be.</summary>
    Suspect,

    /// <summary>It was silent for too long: not used.</summary>
    Ejected,

    /// <summary>It was ejected and beats again: used with half its weight.</summary>
    Probation,
}

/// <summary>A member's load as its last heartbeat told it. Soft: it may be lost with the process and is told again.</summary>
/// <param name="FreeSlots">Requests that it could start now.</param>
/// <param name="Queued">Requests that wait in it.</param>
/// <param name="LastSeen">Unix milliseconds of the last record or heartbeat.</param>
/// <param name="HeartbeatSequence">Of the last heartbeat; 0 before the first.</param>
public sealed record NodeLoad(uint FreeSlots, uint Queued, ulong LastSeen, ulong HeartbeatSequence)
{
    /// <summary>Whether it is taken for alive.</summary>
    public MemberStanding Standing { get; init; }

    /// <summary>It ends what it has and takes nothing new.</summary>
    public bool IsDraining { get; init; }

    /// <summary>The rhythm of its beats; null for a load that a test made.</summary>
    public HeartbeatWindow? Beats { get; init; }

    /// <summary>Unix milliseconds from which its silence is suspect.</summary>
    public ulong SuspectAt { get; init; }

    /// <summary>Unix milliseconds from which its silence puts it out.</summary>
    public ulong EjectAt { get; init; }

    /// <summary>Beats that it still needs to count in full after a return.</summary>
    public uint ProbationLeft { get; init; }

    /// <summary>The waking of the registry (<see cref="SubnetState.AwakeAt"/>) for which this silence was excused, once.</summary>
    public ulong ExcusedAt { get; init; }

    /// <summary>How far gateways take it at its word; by the gateway's name.</summary>
    public ImmutableSortedDictionary<string, CapacityScore> Scores { get; init; } = CapacityScore.None;

    /// <summary>The validators have put it out: its answers were not what it said.</summary>
    public bool IsBarred { get; init; }

    /// <summary>New work may be given to it.</summary>
    public bool IsServing => Standing != MemberStanding.Ejected && !IsDraining && !IsBarred;
}

/// <summary>How far one gateway takes a member at its word about its free slots.</summary>
/// <param name="Permille">1,000 for in full.</param>
/// <param name="At">Unix milliseconds when it said so.</param>
public sealed record CapacityScore(uint Permille, ulong At)
{
    /// <summary>A member that is taken at its word.</summary>
    public const uint Full = 1_000;

    /// <summary>Nobody has judged.</summary>
    public static ImmutableSortedDictionary<string, CapacityScore> None { get; } = ImmutableSortedDictionary.Create<string, CapacityScore>(StringComparer.Ordinal);
}

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

    /// <summary>The subnet's rules. Durable.</summary>
    public SubnetPolicies Policies { get; init; } = SubnetPolicies.None;

    /// <summary>What the validators' ledger says of nodes, members or not. Durable, and at most <see cref="StandingRules.MaxStandings"/>.</summary>
    public ImmutableSortedDictionary<Address, NodeStanding> Standings { get; init; } = ImmutableSortedDictionary<Address, NodeStanding>.Empty;

    /// <summary>Operators that were refused because nothing is known of their stake. Soft, and at most <see cref="SubnetLimits.MaxUnknownStakes"/>.</summary>
    public ImmutableSortedSet<Address> UnknownStakes { get; init; } = [];

    /// <summary>Unix milliseconds of the last step. Soft.</summary>
    public ulong SteppedAt { get; init; }

    /// <summary>Unix milliseconds of the last step that came after a pause of the registry itself. Soft.</summary>
    public ulong AwakeAt { get; init; }

    /// <summary>Unix milliseconds before which no member can change by silence. Soft.</summary>
    public ulong CheckAt { get; init; }

    /// <summary>Requests that the members that serve could start now. Soft.</summary>
    public ulong FreeSlots { get; init; }

    /// <summary>A subnet without nodes.</summary>
    public static SubnetState Empty { get; } = new(
        0, ImmutableSortedDictionary<Address, NodeRecord>.Empty, ImmutableSortedDictionary<Address, Departed>.Empty,
        ImmutableSortedDictionary<Address, NodeLoad>.Empty, 0, 0);
}

/// <summary>Bounds of a subnet.</summary>
/// <param name="SilenceMilliseconds">A member that is silent for longer is out, however many are.</param>
public sealed record SubnetLimits(ulong SilenceMilliseconds)
{
    /// <summary>How silent members are found out before that.</summary>
    public DetectionRules Detection { get; init; } = new();

    /// <summary>A member that is silent for longer is forgotten and must join again.</summary>
    public ulong ForgetMilliseconds { get; init; } = 60_000;

    /// <summary>Most members; one that is out makes room for a newcomer.</summary>
    public int MaxNodes { get; init; } = 4096;

    /// <summary>Most that a sender's clock may differ, milliseconds.</summary>
    public ulong MaxClockSkewMilliseconds { get; init; } = 60_000;

    /// <summary>Longest life of a record, milliseconds: 30 days.</summary>
    public ulong MaxRecordLifeMilliseconds { get; init; } = 30UL * 24 * 60 * 60 * 1000;

    /// <summary>Free slots are reported when they change, and at least this often, milliseconds.</summary>
    public ulong ReportIntervalMilliseconds { get; init; } = 1_000;

    /// <summary>Most gateways whose judgement of a member is kept; the oldest goes first.</summary>
    public int MaxJudges { get; init; } = 32;

    /// <summary>Most operators whose stake is asked for at a time.</summary>
    public int MaxUnknownStakes { get; init; } = 64;

    /// <summary>A judgement that was not repeated for so long counts no more, milliseconds.</summary>
    public ulong JudgementMilliseconds { get; init; } = 5 * 60_000;
}
