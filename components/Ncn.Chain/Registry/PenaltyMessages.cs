using System.Numerics;
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
