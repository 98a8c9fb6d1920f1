using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Payment;

[Function("channels", typeof(ChannelsOutput))]
internal sealed class ChannelsMessage : FunctionMessage
{
    [Parameter("bytes32", "channelId", 1)]
    public byte[] ChannelId { get; set; } = [];
}

[FunctionOutput]
internal sealed class ChannelsOutput : IFunctionOutputDTO
{
    [Parameter("uint128", "balance", 1)]
    public BigInteger Balance { get; set; }

    [Parameter("uint128", "totalClaimed", 2)]
    public BigInteger TotalClaimed { get; set; }
}

[Function("pendingWithdrawals", typeof(PendingWithdrawalsOutput))]
internal sealed class PendingWithdrawalsMessage : FunctionMessage
{
    [Parameter("bytes32", "channelId", 1)]
    public byte[] ChannelId { get; set; } = [];
}

[FunctionOutput]
internal sealed class PendingWithdrawalsOutput : IFunctionOutputDTO
{
    [Parameter("uint128", "amount", 1)]
    public BigInteger Amount { get; set; }

    [Parameter("uint40", "initiatedAt", 2)]
    public ulong InitiatedAt { get; set; }
}

[Function("receivers", typeof(ReceiversOutput))]
internal sealed class ReceiversMessage : FunctionMessage
{
    [Parameter("address", "receiver", 1)]
    public string Receiver { get; set; } = "";

    [Parameter("address", "token", 2)]
    public string Token { get; set; } = "";
}

[FunctionOutput]
internal sealed class ReceiversOutput : IFunctionOutputDTO
{
    [Parameter("uint128", "totalClaimed", 1)]
    public BigInteger TotalClaimed { get; set; }

    [Parameter("uint128", "totalSettled", 2)]
    public BigInteger TotalSettled { get; set; }
}

[Function("balances", "uint128")]
internal sealed class BalancesMessage : FunctionMessage
{
    [Parameter("address", "payer", 1)]
    public string Payer { get; set; } = "";

    [Parameter("address", "token", 2)]
    public string Token { get; set; } = "";
}
