namespace Ncn.Chain.Events;

internal static class RegistryEventTable
{
    internal static EventTable Table { get; } = new(new Dictionary<string, EventReader>
    {
        ["SubnetCreated(uint256,address,address,string,(uint128,uint128,uint128,uint40))"] =
            log => new RegistryEvent.SubnetCreated(log.Log, log.TopicSubnet(1), log.TopicAddress(2), log.TopicAddress(3), log.Text(0), log.Parameters(1)),
        ["SubnetParametersChanged(uint256,(uint128,uint128,uint128,uint40))"] =
            log => new RegistryEvent.SubnetParametersChanged(log.Log, log.TopicSubnet(1), log.Parameters(0)),
        ["SubnetOwnerNamed(uint256,address)"] = log => new RegistryEvent.SubnetOwnerNamed(log.Log, log.TopicSubnet(1), log.TopicAddress(2)),
        ["SubnetOwnerChanged(uint256,address)"] = log => new RegistryEvent.SubnetOwnerChanged(log.Log, log.TopicSubnet(1), log.TopicAddress(2)),
        ["Staked(uint256,uint8,address,uint128,uint128)"] =
            log => new RegistryEvent.Staked(log.Log, log.TopicSubnet(1), log.TopicRole(2), log.TopicAddress(3), log.Amount(0), log.Amount(1)),
        ["Unbonded(uint256,uint8,address,uint128,uint128,uint40)"] =
            log => new RegistryEvent.Unbonded(log.Log, log.TopicSubnet(1), log.TopicRole(2), log.TopicAddress(3), log.Amount(0), log.Amount(1), log.Whole(2)),
        ["StakeWithdrawn(uint256,uint8,address,uint128)"] =
            log => new RegistryEvent.StakeWithdrawn(log.Log, log.TopicSubnet(1), log.TopicRole(2), log.TopicAddress(3), log.Amount(0)),
    });
}
