using Dapr.Actors;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>One subnet: its nodes, their load, and the channels that its gateways were paid on.</summary>
/// <remarks>
/// The shell verifies every node signature (Ncn.Protocol, network domain). A silent node is suspected and then out of the snapshot, after
/// <see cref="SilenceMilliseconds"/> at the latest, and back with its next heartbeat; after a minute it is forgotten, its heartbeat answers
/// Known = false, and it joins again.
/// </remarks>
public interface ISubnetActor : IActor
{
    /// <summary>Silence after which a node is out in any case, milliseconds.</summary>
    public const ulong SilenceMilliseconds = 5_000;

    /// <summary>Adds or renews a node. The record's sequence must be above the last one of this operator.</summary>
    Task<NodeResult> JoinAsync(Signed<NodeRecord> record);

    /// <summary>A sign of life. Known is false when the node must join again.</summary>
    Task<NodeResult> HeartbeatAsync(Signed<NodeHeartbeat> heartbeat);

    /// <summary>The node takes no more requests.</summary>
    Task<NodeResult> LeaveAsync(Signed<NodeLeave> leave);

    /// <summary>The routing snapshot, or null when <paramref name="knownVersion"/> is still the current one.</summary>
    Task<RoutingSnapshot?> GetSnapshotAsync(ulong knownVersion);

    /// <summary>Remembers a channel on which a gateway of this subnet was paid; idempotent.</summary>
    Task RegisterChannelAsync(ChannelId channel);

    /// <summary>All remembered channels.</summary>
    Task<ChannelId[]> ListChannelsAsync();

    /// <summary>Takes over what the chain says of the subnet, unless something newer is known.</summary>
    Task ObserveAsync(SubnetObservation observation);

    /// <summary>All that the chain's events told of the subnet.</summary>
    Task<SubnetMirror> GetMirrorAsync();

    /// <summary>Takes a policy document, whoever brings it, when the chain names its hash.</summary>
    Task<PolicyResult> PublishPolicyAsync(PolicyText policy);

    /// <summary>What the chain and the policy rule.</summary>
    Task<SubnetRules> GetRulesAsync();

    /// <summary>What a gateway thinks of the nodes' word about their free slots. From inside the operator's own network only.</summary>
    Task JudgeAsync(NodeJudgements judgements);

    /// <summary>
    /// How nodes stand with the validators, as more than two thirds of their stake say; the caller has made sure. From inside the operator's own network only.
    /// </summary>
    Task StandAsync(NodeStanding[] nodes);

    /// <summary>A mempool has jobs and wants to be told how much room its model's nodes have, now and for as long as it has; idempotent.</summary>
    Task WatchRoomAsync(PoolWatch pool);
}

/// <summary>One of the mempools of a model.</summary>
public sealed record PoolWatch(string Model, uint Shard);

/// <param name="Json">The document; white space and order are free.</param>
public sealed record PolicyText(string Json);

/// <param name="Accepted">False: see Reason.</param>
/// <param name="Hash">keccak-256 of the document's canonical form; null when it is no policy.</param>
/// <param name="Reason">What is wrong and what to do, or when it is in force.</param>
public sealed record PolicyResult(bool Accepted, Hash32? Hash, string Reason);

/// <param name="Policy">The document in force, canonical; null when there is none.</param>
/// <param name="PolicyHash">Its hash. It differs from <c>Parameters.Policy</c> while nobody has brought the document that the chain names.</param>
/// <param name="PreparedPolicyHash">The hash of the document that is kept for the proposed parameters.</param>
public sealed record SubnetRules(
    string? Policy, Hash32? PolicyHash, Hash32? PreparedPolicyHash, MirroredParameters? Parameters, ProposedParameters? Proposed, MirroredOwner? Owner)
{
    /// <summary>Operators that wanted to join and whose stake the chain's events have not told; at most 64.</summary>
    public Address[] UnknownStakes { get; init; } = [];
}

/// <param name="Gateway">The name of the gateway's process, at most 64 characters.</param>
/// <param name="Scores">At most 256.</param>
public sealed record NodeJudgements(string Gateway, NodeScore[] Scores);

/// <param name="Score">Permille: 1,000 for a node that is taken at its word.</param>
public sealed record NodeScore(Address Node, uint Score);

/// <param name="Accepted">False: refused, see Reason.</param>
/// <param name="Known">False: the node is not in the subnet and must join.</param>
/// <param name="Reason">What is wrong and what to do, empty when accepted.</param>
public sealed record NodeResult(bool Accepted, bool Known, string Reason);

/// <param name="ReorganizedFrom">The first block that the chain took back; null when it took none.</param>
/// <param name="Proposed">Read with the parameters; null when nothing is proposed.</param>
public sealed record SubnetObservation(
    MirroredParameters? Parameters = null, Address? Operator = null, MirroredStake? Stake = null, ulong? ReorganizedFrom = null,
    ProposedParameters? Proposed = null, MirroredOwner? Owner = null);

/// <param name="Version">Rises with every change of membership, load or rules.</param>
/// <param name="Nodes">Without those that are ejected, and those that the validators have put out.</param>
/// <param name="Parameters">The subnet's parameters on the chain; null until its events told them.</param>
/// <param name="PolicyHash">Of the policy document in force, which <see cref="ISubnetActor.GetRulesAsync"/> gives; null when there is none.</param>
public sealed record RoutingSnapshot(ulong Version, NodeView[] Nodes, MirroredParameters? Parameters = null, Hash32? PolicyHash = null);

/// <param name="LastSeen">Unix milliseconds of the last record or heartbeat.</param>
/// <param name="Stake">What the operator has staked in this subnet; null until the chain's events told it.</param>
/// <param name="Signature">The operator's signature under the record: clients verify it before they seal anything for the node.</param>
public sealed record NodeView(
    NodeRecord Record, uint FreeSlots, uint Queued, ulong LastSeen, MirroredStake? Stake = null, Signature? Signature = null)
{
    /// <summary>Whether it is taken for alive.</summary>
    public MemberStanding Standing { get; init; }

    /// <summary>It ends what it has and takes nothing new.</summary>
    public bool IsDraining { get; init; }

    /// <summary>How it stands with the validators; null while they have said nothing of it.</summary>
    public NodeStanding? Verification { get; init; }

    /// <summary>How far the gateways take it at its word about its free slots, and its record with the validators speaks for it, permille.</summary>
    public uint Score { get; init; } = CapacityScore.Full;
}
