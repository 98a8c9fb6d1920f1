using Ncn.Chain.Registry;
using Ncn.Protocol;

namespace Ncn.Chain.Events;

internal static class RegistryEventTable
{
    internal static EventTable Table { get; } = new(new Dictionary<string, EventReader>
    {
        ["SubnetCreated(uint256,address,address,string,(uint128,uint128,uint128,uint40,uint40,uint16,bytes32))"] =
            log => new RegistryEvent.SubnetCreated(log.Log, log.TopicSubnet(1), log.TopicAddress(2), log.TopicAddress(3), log.Text(0), log.Parameters(1)),
        ["SubnetParametersProposed(uint256,(uint128,uint128,uint128,uint40,uint40,uint16,bytes32),uint40)"] =
            log => new RegistryEvent.SubnetParametersProposed(log.Log, log.TopicSubnet(1), log.Parameters(0), log.Whole(7)),
        ["SubnetParametersCancelled(uint256)"] = log => new RegistryEvent.SubnetParametersCancelled(log.Log, log.TopicSubnet(1)),
        ["SubnetOwnerNamed(uint256,address)"] = log => new RegistryEvent.SubnetOwnerNamed(log.Log, log.TopicSubnet(1), log.TopicAddress(2)),
        ["SubnetOwnerChanged(uint256,address)"] = log => new RegistryEvent.SubnetOwnerChanged(log.Log, log.TopicSubnet(1), log.TopicAddress(2)),
        ["Staked(uint256,uint8,address,uint128,uint128)"] =
            log => new RegistryEvent.Staked(log.Log, log.TopicSubnet(1), log.TopicRole(2), log.TopicAddress(3), log.Amount(0), log.Amount(1)),
        ["Unbonded(uint256,uint8,address,uint128,uint128,uint40)"] =
            log => new RegistryEvent.Unbonded(log.Log, log.TopicSubnet(1), log.TopicRole(2), log.TopicAddress(3), log.Amount(0), log.Amount(1), log.Whole(2)),
        ["StakeWithdrawn(uint256,uint8,address,uint128)"] =
            log => new RegistryEvent.StakeWithdrawn(log.Log, log.TopicSubnet(1), log.TopicRole(2), log.TopicAddress(3), log.Amount(0)),
        ["StakeFrozen(uint256,uint8,address,uint128)"] =
            log => new RegistryEvent.StakeFrozen(log.Log, log.TopicSubnet(1), log.TopicRole(2), log.TopicAddress(3), log.Amount(0)),
        ["StakeReleased(uint256,uint8,address,uint128)"] =
            log => new RegistryEvent.StakeReleased(log.Log, log.TopicSubnet(1), log.TopicRole(2), log.TopicAddress(3), log.Amount(0)),
        ["StakeSlashed(uint256,uint8,address,uint128)"] =
            log => new RegistryEvent.StakeSlashed(log.Log, log.TopicSubnet(1), log.TopicRole(2), log.TopicAddress(3), log.Amount(0)),
        ["HomeSubnetChanged(address,uint256)"] = log => new RegistryEvent.HomeSubnetChanged(log.Log, log.TopicAddress(1), log.TopicSubnet(2)),
        ["RewardsFunded(uint256,address,address,uint128)"] =
            log => new RegistryEvent.RewardsFunded(log.Log, log.TopicSubnet(1), log.TopicAddress(2), log.TopicAddress(3), log.Amount(0)),
        ["RewardClaimed(uint256,address,address,uint128,uint128)"] =
            log => new RegistryEvent.RewardClaimed(log.Log, log.TopicSubnet(1), log.TopicAddress(2), log.TopicAddress(3), log.Amount(0), log.Amount(1)),
        ["ConsensusKeySet(uint256,address,address)"] =
            log => new RegistryEvent.ConsensusKeySet(log.Log, log.TopicSubnet(1), log.TopicAddress(2), log.TopicAddress(3)),
        ["SeatTaken(uint256,address)"] = log => new RegistryEvent.SeatTaken(log.Log, log.TopicSubnet(1), log.TopicAddress(2)),
        ["SeatLost(uint256,address)"] = log => new RegistryEvent.SeatLost(log.Log, log.TopicSubnet(1), log.TopicAddress(2)),
        ["SnapshotTaken(uint256,uint256,bytes32,uint128,address)"] =
            log => new RegistryEvent.SnapshotTaken(log.Log, log.TopicSubnet(1), log.TopicIndex(2), log.Topic(3), log.Amount(0), log.Address(1)),
        ["EpochOpened(uint256,uint64,bytes32)"] = log => new RegistryEvent.EpochOpened(log.Log, log.TopicSubnet(1), log.TopicWhole(2), log.Topic(3)),
        ["EpochClosed(uint256,uint64,bytes32)"] = log => new RegistryEvent.EpochClosed(log.Log, log.TopicSubnet(1), log.TopicWhole(2), log.Topic(3)),
        ["CheckpointAccepted(uint256,uint64,uint64,(uint64,uint64,bytes32,bytes32,bytes32,bytes32,bytes32))"] =
            log => new RegistryEvent.CheckpointAccepted(log.Log, log.TopicSubnet(1), log.Checkpoint(0)),
        ["EquivocationSlashed(uint256,uint64,address,address,address,uint128,uint128)"] = log => new RegistryEvent.EquivocationSlashed(
            log.Log, log.TopicSubnet(1), log.TopicWhole(2), log.TopicAddress(3), log.Address(0), log.Address(1), log.Amount(2), log.Amount(3)),
        ["PenaltyOpened(uint256,bytes32,address,uint8,uint128,bytes32,uint40)"] = log => new RegistryEvent.PenaltyOpened(
            log.Log, log.TopicSubnet(1), log.Topic(2), log.TopicAddress(3), (SubnetRole)log.Byte(0), log.Amount(1), log.Hash(2), log.Whole(3)),
        ["PenaltyExecuted(uint256,bytes32,uint128)"] = log => new RegistryEvent.PenaltyExecuted(log.Log, log.TopicSubnet(1), log.Topic(2), log.Amount(0)),
        ["PenaltyPardoned(uint256,bytes32,uint128)"] = log => new RegistryEvent.PenaltyPardoned(log.Log, log.TopicSubnet(1), log.Topic(2), log.Amount(0)),
        ["DisputeOpened(bytes32,uint256,address,address,bytes32,uint128,uint128,uint40)"] = log => new RegistryEvent.DisputeOpened(
            log.Log, log.Topic(1), log.TopicSubnet(2), log.TopicAddress(3), log.Address(0), new ChannelId(log.Hash(1)), log.Amount(2), log.Amount(3), log.Whole(4)),
        ["DisputeAnswered(bytes32,uint128)"] = log => new RegistryEvent.DisputeAnswered(log.Log, log.Topic(1), log.Amount(0)),
        ["DisputeClosed(bytes32,address,uint128,uint128)"] =
            log => new RegistryEvent.DisputeClosed(log.Log, log.Topic(1), log.TopicAddress(2), log.Amount(0), log.Amount(1)),
    });
}
