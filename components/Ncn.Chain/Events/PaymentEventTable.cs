using Ncn.Chain.Payment;

namespace Ncn.Chain.Events;

internal static class PaymentEventTable
{
    internal static EventTable Table { get; } = new(new Dictionary<string, EventReader>
    {
        ["ChannelCreated(bytes32,(address,address,address,address,address,uint40,bytes32))"] =
            log => new PaymentEvent.ChannelCreated(log.Log, log.TopicChannel(1), log.Channel(0)),
        ["Deposited(bytes32,address,uint128,uint128)"] =
            log => new PaymentEvent.Deposited(log.Log, log.TopicChannel(1), log.TopicAddress(2), log.Amount(0), log.Amount(1)),
        ["Claimed(bytes32,address,uint128,uint128)"] =
            log => new PaymentEvent.Claimed(log.Log, log.TopicChannel(1), log.TopicAddress(2), log.Amount(0), log.Amount(1)),
        ["ClaimSkipped(bytes32,address,uint256,uint8)"] =
            log => new PaymentEvent.ClaimSkipped(log.Log, log.TopicChannel(1), log.TopicAddress(2), log.Index(0), (ClaimFault)log.Byte(1)),
        ["Settled(address,address,address,uint128)"] =
            log => new PaymentEvent.Settled(log.Log, log.TopicAddress(1), log.TopicAddress(2), log.TopicAddress(3), log.Amount(0)),
        ["WithdrawInitiated(bytes32,uint128,uint40)"] =
            log => new PaymentEvent.WithdrawInitiated(log.Log, log.TopicChannel(1), log.Amount(0), log.Whole(1)),
        ["WithdrawFinalized(bytes32,address,uint128)"] =
            log => new PaymentEvent.WithdrawFinalized(log.Log, log.TopicChannel(1), log.TopicAddress(2), log.Amount(0)),
        ["Refunded(bytes32,address,uint128)"] =
            log => new PaymentEvent.Refunded(log.Log, log.TopicChannel(1), log.TopicAddress(2), log.Amount(0)),
        ["BalanceDeposited(address,address,uint128,uint128)"] =
            log => new PaymentEvent.BalanceDeposited(log.Log, log.TopicAddress(1), log.TopicAddress(2), log.Amount(0), log.Amount(1)),
        ["BalanceAllocated(address,address,bytes32,uint128)"] =
            log => new PaymentEvent.BalanceAllocated(log.Log, log.TopicAddress(1), log.TopicAddress(2), log.TopicChannel(3), log.Amount(0)),
        ["BalanceWithdrawn(address,address,uint128,uint128)"] =
            log => new PaymentEvent.BalanceWithdrawn(log.Log, log.TopicAddress(1), log.TopicAddress(2), log.Amount(0), log.Amount(1)),
        ["ClaimedPacked(address,address,address,bytes)"] =
            log => new PaymentEvent.ClaimedPacked(log.Log, log.TopicAddress(1), log.TopicAddress(2), log.TopicAddress(3), PackedClaim.ReadAll(log.Bytes(0))),
        ["ProtocolFeePaid(address,address,uint256,uint128)"] =
            log => new PaymentEvent.ProtocolFeePaid(log.Log, log.TopicAddress(1), log.TopicAddress(2), log.TopicSubnet(3), log.Amount(0)),
        ["Delegated(address,address,address,uint128)"] =
            log => new PaymentEvent.Delegated(log.Log, log.TopicAddress(1), log.TopicAddress(2), log.TopicAddress(3), log.Amount(0)),
    });
}
