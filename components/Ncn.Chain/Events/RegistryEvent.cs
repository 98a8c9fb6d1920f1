using Ncn.Chain.Registry;
using Ncn.Protocol;

namespace Ncn.Chain.Events;

/// <summary>An event of ValidatorRegistry (contracts/src/registry). Amounts are atomic units of the stake token.</summary>
public abstract record RegistryEvent : ChainEvent
{
    private RegistryEvent(ChainLog log)
        : base(log)
    {
    }

    /// <summary>A subnet was made.</summary>
    public sealed record SubnetCreated(ChainLog Log, SubnetId Subnet, Address Owner, Address StakeToken, string Name, SubnetParameters Parameters) : RegistryEvent(Log);

    /// <summary>The owner wants other parameters, in force from <paramref name="EffectiveAt"/> (unix seconds) on.</summary>
    public sealed record SubnetParametersProposed(ChainLog Log, SubnetId Subnet, SubnetParameters Parameters, ulong EffectiveAt) : RegistryEvent(Log);

    /// <summary>The owner took its proposal back.</summary>
    public sealed record SubnetParametersCancelled(ChainLog Log, SubnetId Subnet) : RegistryEvent(Log);

    /// <summary>The owner named its successor; the zero address takes that back.</summary>
    public sealed record SubnetOwnerNamed(ChainLog Log, SubnetId Subnet, Address PendingOwner) : RegistryEvent(Log);

    /// <summary>The successor took over.</summary>
    public sealed record SubnetOwnerChanged(ChainLog Log, SubnetId Subnet, Address Owner) : RegistryEvent(Log);

    /// <summary>Stake was bonded.</summary>
    /// <param name="Bonded">All that the operator has bonded in the role now.</param>
    public sealed record Staked(ChainLog Log, SubnetId Subnet, SubnetRole Role, Address Operator, TokenAmount Amount, TokenAmount Bonded) : RegistryEvent(Log);

    /// <summary>Stake began to unbond.</summary>
    /// <param name="ReleaseAt">Unix seconds.</param>
    public sealed record Unbonded(
        ChainLog Log, SubnetId Subnet, SubnetRole Role, Address Operator, TokenAmount Amount, TokenAmount Bonded, ulong ReleaseAt) : RegistryEvent(Log);

    /// <summary>Unbonded stake was taken out.</summary>
    public sealed record StakeWithdrawn(ChainLog Log, SubnetId Subnet, SubnetRole Role, Address Operator, TokenAmount Amount) : RegistryEvent(Log);

    /// <summary>Stake waits for the end of a penalty or dispute.</summary>
    public sealed record StakeFrozen(ChainLog Log, SubnetId Subnet, SubnetRole Role, Address Operator, TokenAmount Amount) : RegistryEvent(Log);

    /// <summary>Frozen stake is free again.</summary>
    public sealed record StakeReleased(ChainLog Log, SubnetId Subnet, SubnetRole Role, Address Operator, TokenAmount Amount) : RegistryEvent(Log);

    /// <summary>Stake was taken away.</summary>
    public sealed record StakeSlashed(ChainLog Log, SubnetId Subnet, SubnetRole Role, Address Operator, TokenAmount Amount) : RegistryEvent(Log);

    /// <summary>The operator's fees go to the validators of another subnet now.</summary>
    public sealed record HomeSubnetChanged(ChainLog Log, Address Operator, SubnetId Subnet) : RegistryEvent(Log);

    /// <summary>A subnet's reward pool grew.</summary>
    public sealed record RewardsFunded(ChainLog Log, SubnetId Subnet, Address Token, Address Sender, TokenAmount Amount) : RegistryEvent(Log);

    /// <summary>A reward was paid out.</summary>
    /// <param name="Claimed">All that the account was ever paid.</param>
    public sealed record RewardClaimed(ChainLog Log, SubnetId Subnet, Address Token, Address Account, TokenAmount Amount, TokenAmount Claimed) : RegistryEvent(Log);

    /// <summary>A validator votes with this key.</summary>
    public sealed record ConsensusKeySet(ChainLog Log, SubnetId Subnet, Address Operator, Address Key) : RegistryEvent(Log);

    /// <summary>An operator is one of the subnet's active validators.</summary>
    public sealed record SeatTaken(ChainLog Log, SubnetId Subnet, Address Operator) : RegistryEvent(Log);

    /// <summary>An operator is no active validator any more.</summary>
    public sealed record SeatLost(ChainLog Log, SubnetId Subnet, Address Operator) : RegistryEvent(Log);

    /// <summary>The validators and their weights were written down.</summary>
    /// <param name="Blob">The contract whose code is a zero byte and the set.</param>
    public sealed record SnapshotTaken(ChainLog Log, SubnetId Subnet, uint Snapshot, Hash32 SetHash, TokenAmount TotalStake, Address Blob) : RegistryEvent(Log);

    /// <summary>An epoch began.</summary>
    public sealed record EpochOpened(ChainLog Log, SubnetId Subnet, ulong Epoch, Hash32 SetHash) : RegistryEvent(Log);

    /// <summary>An epoch ended.</summary>
    public sealed record EpochClosed(ChainLog Log, SubnetId Subnet, ulong Epoch, Hash32 NextSetHash) : RegistryEvent(Log);

    /// <summary>A checkpoint with enough signatures was accepted.</summary>
    public sealed record CheckpointAccepted(ChainLog Log, SubnetId Subnet, Checkpoint Checkpoint) : RegistryEvent(Log);

    /// <summary>A validator lost its stake because it signed two things that no honest one signs both.</summary>
    public sealed record EquivocationSlashed(
        ChainLog Log, SubnetId Subnet, ulong Epoch, Address Operator, Address Key, Address Reporter, TokenAmount Amount, TokenAmount ReporterReward) : RegistryEvent(Log);

    /// <summary>A penalty froze stake; it can be executed from <paramref name="ExecutableAt"/> (unix seconds) on.</summary>
    public sealed record PenaltyOpened(
        ChainLog Log, SubnetId Subnet, Hash32 Penalty, Address Operator, SubnetRole Role, TokenAmount Amount, Hash32 Reason, ulong ExecutableAt) : RegistryEvent(Log);

    /// <summary>A penalty took frozen stake.</summary>
    public sealed record PenaltyExecuted(ChainLog Log, SubnetId Subnet, Hash32 Penalty, TokenAmount Amount) : RegistryEvent(Log);

    /// <summary>A penalty was lifted.</summary>
    public sealed record PenaltyPardoned(ChainLog Log, SubnetId Subnet, Hash32 Penalty, TokenAmount Amount) : RegistryEvent(Log);

    /// <summary>Somebody says that a gateway claimed more than it stated; it has until <paramref name="ClosableAt"/> (unix seconds) to answer.</summary>
    public sealed record DisputeOpened(
        ChainLog Log, Hash32 Dispute, SubnetId Subnet, Address Gateway, Address Payment, ChannelId Channel, TokenAmount OverClaim, TokenAmount Frozen,
        ulong ClosableAt) : RegistryEvent(Log);

    /// <summary>The gateway showed a later voucher that covers its claim.</summary>
    public sealed record DisputeAnswered(ChainLog Log, Hash32 Dispute, TokenAmount MaxClaimableAmount) : RegistryEvent(Log);

    /// <summary>The dispute ended without an answer.</summary>
    public sealed record DisputeClosed(ChainLog Log, Hash32 Dispute, Address Payer, TokenAmount Refund, TokenAmount Penalty) : RegistryEvent(Log);
}
