using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;

namespace Ncn.Chain.Payment;

[Event("Claimed")]
internal sealed class ClaimedEvent : IEventDTO
{
    [Parameter("bytes32", "channelId", 1, true)]
    public byte[] ChannelId { get; set; } = [];

    [Parameter("address", "sender", 2, true)]
    public string Sender { get; set; } = "";

    [Parameter("uint128", "claimAmount", 3, false)]
    public BigInteger ClaimAmount { get; set; }

    [Parameter("uint128", "newTotalClaimed", 4, false)]
    public BigInteger NewTotalClaimed { get; set; }
}

[Event("ClaimSkipped")]
internal sealed class ClaimSkippedEvent : IEventDTO
{
    [Parameter("bytes32", "channelId", 1, true)]
    public byte[] ChannelId { get; set; } = [];

    [Parameter("address", "sender", 2, true)]
    public string Sender { get; set; } = "";

    [Parameter("uint256", "row", 3, false)]
    public BigInteger Row { get; set; }

    [Parameter("uint8", "fault", 4, false)]
    public byte Fault { get; set; }
}

[Event("Settled")]
internal sealed class SettledEvent : IEventDTO
{
    [Parameter("address", "receiver", 1, true)]
    public string Receiver { get; set; } = "";

    [Parameter("address", "token", 2, true)]
    public string Token { get; set; } = "";

    [Parameter("address", "sender", 3, true)]
    public string Sender { get; set; } = "";

    [Parameter("uint128", "amount", 4, false)]
    public BigInteger Amount { get; set; }
}

[Event("WithdrawFinalized")]
internal sealed class WithdrawFinalizedEvent : IEventDTO
{
    [Parameter("bytes32", "channelId", 1, true)]
    public byte[] ChannelId { get; set; } = [];

    [Parameter("address", "sender", 2, true)]
    public string Sender { get; set; } = "";

    [Parameter("uint128", "amount", 3, false)]
    public BigInteger Amount { get; set; }
}
