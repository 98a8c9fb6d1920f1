using Dapr.Actors;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>One subnet: its nodes, their load, and the channels that its gateways were paid on.</summary>
/// <remarks>
/// The shell verifies every node signature (Ncn.Protocol, network domain). A node that is silent for longer than
/// <see cref="SilenceMilliseconds"/> leaves the snapshot; its next heartbeat answers Known = false and the node joins again.
/// </remarks>
public interface ISubnetActor : IActor
{
    /// <summary>Silence after which a node is out.</summary>
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

    /// <summary>A mempool has jobs and wants to be told how much room its model's nodes have, now and for as long as it has; idempotent.</summary>
    Task WatchRoomAsync(PoolWatch pool);
}

/// <summary>One of the mempools of a model.</summary>
public sealed record PoolWatch(string Model, uint Shard);

/// <param name="Accepted">False: refused, see Reason.</param>
/// <param name="Known">False: the node is not in the subnet and must join.</param>
/// <param name="Reason">What is wrong and what to do, empty when accepted.</param>
public sealed record NodeResult(bool Accepted, bool Known, string Reason);

/// <param name="ReorganizedFrom">The first block that the chain took back; null when it took none.</param>
public sealed record SubnetObservation(
    MirroredParameters? Parameters = null, Address? Operator = null, MirroredStake? Stake = null, ulong? ReorganizedFrom = null);

/// <param name="Version">Rises with every change of membership or load.</param>
/// <param name="Parameters">The subnet's parameters on the chain; null until its events told them.</param>
public sealed record RoutingSnapshot(ulong Version, NodeView[] Nodes, MirroredParameters? Parameters = null);

/// <param name="LastSeen">Unix milliseconds of the last record or heartbeat.</param>
/// <param name="Stake">What the operator has staked in this subnet; null until the chain's events told it.</param>
/// <param name="Signature">The operator's signature under the record: clients verify it before they seal anything for the node.</param>
public sealed record NodeView(
    NodeRecord Record, uint FreeSlots, uint Queued, ulong LastSeen, MirroredStake? Stake = null, Signature? Signature = null);
