using System.Numerics;
using Ncn.Chain.Payment;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

internal sealed class PenaltyTuple
{
    [Parameter("uint8", "state", 1)]
    public byte State { get; set; }

    [Parameter("uint8", "role", 2)]
    public byte Role { get; set; }

    [Parameter("address", "operator", 3)]
    public string Operator { get; set; } = "";

    [Parameter("uint128", "amount", 4)]
    public BigInteger Amount { get; set; }

    [Parameter("uint40", "executableAt", 5)]
    public ulong ExecutableAt { get; set; }
}

internal sealed class StatementTuple
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "payment", 2)]
    public string Payment { get; set; } = "";

    [Parameter("bytes32", "channelId", 3)]
    public byte[] ChannelId { get; set; } = [];

    [Parameter("uint128", "maxClaimableAmount", 4)]
    public BigInteger MaxClaimableAmount { get; set; }

    [Parameter("uint128", "charged", 5)]
    public BigInteger Charged { get; set; }

    [Parameter("uint64", "issuedAt", 6)]
    public ulong IssuedAt { get; set; }
}

internal sealed class DisputeTuple
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "gateway", 2)]
    public string Gateway { get; set; } = "";

    [Parameter("address", "payer", 3)]
    public string Payer { get; set; } = "";

    [Parameter("address", "voucherSigner", 4)]
    public string VoucherSigner { get; set; } = "";

    [Parameter("address", "payment", 5)]
    public string Payment { get; set; } = "";

    [Parameter("bytes32", "channelId", 6)]
    public byte[] ChannelId { get; set; } = [];

    [Parameter("uint128", "maxClaimableAmount", 7)]
    public BigInteger MaxClaimableAmount { get; set; }

    [Parameter("uint128", "overClaim", 8)]
    public BigInteger OverClaim { get; set; }

    [Parameter("uint128", "frozen", 9)]
    public BigInteger Frozen { get; set; }

    [Parameter("uint128", "settledClaim", 10)]
    public BigInteger SettledClaim { get; set; }

    [Parameter("uint40", "closableAt", 11)]
    public ulong ClosableAt { get; set; }
}

[Function("openPenalty")]
internal sealed class OpenPenaltyMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("bytes32", "penaltyId", 2)]
    public byte[] PenaltyId { get; set; } = [];

    [Parameter("uint8", "role", 3)]
    public byte Role { get; set; }

    [Parameter("address", "operator", 4)]
    public string Operator { get; set; } = "";

    [Parameter("uint128", "amount", 5)]
    public BigInteger Amount { get; set; }

    [Parameter("bytes32", "reason", 6)]
    public byte[] Reason { get; set; } = [];

    [Parameter("bytes32[]", "proof", 7)]
    public List<byte[]> Proof { get; set; } = [];
}

[Function("executePenalty")]
internal sealed class ExecutePenaltyMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("bytes32", "penaltyId", 2)]
    public byte[] PenaltyId { get; set; } = [];
}

[Function("pardonPenalty")]
internal sealed class PardonPenaltyMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("bytes32", "penaltyId", 2)]
    public byte[] PenaltyId { get; set; } = [];

    [Parameter("bytes32[]", "proof", 3)]
    public List<byte[]> Proof { get; set; } = [];
}

[Function("getPenalty", typeof(GetPenaltyOutput))]
internal sealed class GetPenaltyMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("bytes32", "penaltyId", 2)]
    public byte[] PenaltyId { get; set; } = [];
}

[FunctionOutput]
internal sealed class GetPenaltyOutput : IFunctionOutputDTO
{
    [Parameter("tuple", "penalty", 1)]
    public PenaltyTuple Penalty { get; set; } = new();
}

[Function("openDispute", "bytes32")]
internal sealed class OpenDisputeMessage : FunctionMessage
{
    [Parameter("tuple", "statement", 1)]
    public StatementTuple Statement { get; set; } = new();

    [Parameter("bytes", "signature", 2)]
    public byte[] Signature { get; set; } = [];

    [Parameter("tuple", "config", 3)]
    public ChannelTuple Config { get; set; } = new();
}

[Function("answerDispute")]
internal sealed class AnswerDisputeMessage : FunctionMessage
{
    [Parameter("bytes32", "disputeId", 1)]
    public byte[] DisputeId { get; set; } = [];

    [Parameter("uint128", "maxClaimableAmount", 2)]
    public BigInteger MaxClaimableAmount { get; set; }

    [Parameter("bytes", "voucherSignature", 3)]
    public byte[] VoucherSignature { get; set; } = [];
}

[Function("closeDispute")]
internal sealed class CloseDisputeMessage : FunctionMessage
{
    [Parameter("bytes32", "disputeId", 1)]
    public byte[] DisputeId { get; set; } = [];
}

[Function("getDispute", typeof(GetDisputeOutput))]
internal sealed class GetDisputeMessage : FunctionMessage
{
    [Parameter("bytes32", "disputeId", 1)]
    public byte[] DisputeId { get; set; } = [];
}

[FunctionOutput]
internal sealed class GetDisputeOutput : IFunctionOutputDTO
{
    [Parameter("tuple", "dispute", 1)]
    public DisputeTuple Dispute { get; set; } = new();
}
