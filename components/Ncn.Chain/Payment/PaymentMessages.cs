using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Payment;

[Function("deposit")]
internal sealed class DepositMessage : FunctionMessage
{
    [Parameter("tuple", "config", 1)]
    public ChannelTuple Config { get; set; } = new();

    [Parameter("uint128", "amount", 2)]
    public BigInteger Amount { get; set; }

    [Parameter("address", "collector", 3)]
    public string Collector { get; set; } = "";

    [Parameter("bytes", "collectorData", 4)]
    public byte[] CollectorData { get; set; } = [];
}

[Function("depositBalance")]
internal sealed class DepositBalanceMessage : FunctionMessage
{
    [Parameter("address", "token", 1)]
    public string Token { get; set; } = "";

    [Parameter("uint128", "amount", 2)]
    public BigInteger Amount { get; set; }
}

[Function("withdrawBalance")]
internal sealed class WithdrawBalanceMessage : FunctionMessage
{
    [Parameter("address", "token", 1)]
    public string Token { get; set; } = "";

    [Parameter("uint128", "amount", 2)]
    public BigInteger Amount { get; set; }
}

[Function("allocate")]
internal sealed class AllocateMessage : FunctionMessage
{
    [Parameter("tuple", "config", 1)]
    public ChannelTuple Config { get; set; } = new();

    [Parameter("uint128", "amount", 2)]
    public BigInteger Amount { get; set; }
}

[Function("claim")]
internal sealed class ClaimMessage : FunctionMessage
{
    [Parameter("tuple[]", "voucherClaims", 1)]
    public List<ClaimTuple> VoucherClaims { get; set; } = [];
}

[Function("settle")]
internal sealed class SettleMessage : FunctionMessage
{
    [Parameter("address", "receiver", 1)]
    public string Receiver { get; set; } = "";

    [Parameter("address", "token", 2)]
    public string Token { get; set; } = "";
}

[Function("initiateWithdraw")]
internal sealed class InitiateWithdrawMessage : FunctionMessage
{
    [Parameter("tuple", "config", 1)]
    public ChannelTuple Config { get; set; } = new();

    [Parameter("uint128", "amount", 2)]
    public BigInteger Amount { get; set; }
}

[Function("finalizeWithdraw")]
internal sealed class FinalizeWithdrawMessage : FunctionMessage
{
    [Parameter("tuple", "config", 1)]
    public ChannelTuple Config { get; set; } = new();
}

[Function("getChannelId", "bytes32")]
internal sealed class GetChannelIdMessage : FunctionMessage
{
    [Parameter("tuple", "config", 1)]
    public ChannelTuple Config { get; set; } = new();
}
