using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

internal sealed class SubnetParametersTuple
{
    [Parameter("uint128", "minGatewayStake", 1)]
    public BigInteger MinGatewayStake { get; set; }

    [Parameter("uint128", "minNodeStake", 2)]
    public BigInteger MinNodeStake { get; set; }

    [Parameter("uint128", "minValidatorStake", 3)]
    public BigInteger MinValidatorStake { get; set; }

    [Parameter("uint40", "unbondingDelay", 4)]
    public ulong UnbondingDelay { get; set; }

    [Parameter("uint40", "epochLength", 5)]
    public ulong EpochLength { get; set; }

    [Parameter("uint16", "verificationFloor", 6)]
    public ushort VerificationFloor { get; set; }

    [Parameter("bytes32", "policy", 7)]
    public byte[] Policy { get; set; } = new byte[32];
}

internal sealed class SubnetTuple
{
    [Parameter("address", "owner", 1)]
    public string Owner { get; set; } = "";

    [Parameter("address", "pendingOwner", 2)]
    public string PendingOwner { get; set; } = "";

    [Parameter("address", "stakeToken", 3)]
    public string StakeToken { get; set; } = "";

    [Parameter("string", "name", 4)]
    public string Name { get; set; } = "";

    [Parameter("tuple", "parameters", 5)]
    public SubnetParametersTuple Parameters { get; set; } = new();
}

internal sealed class StakeTuple
{
    [Parameter("uint128", "bonded", 1)]
    public BigInteger Bonded { get; set; }

    [Parameter("uint128", "unbonding", 2)]
    public BigInteger Unbonding { get; set; }

    [Parameter("uint128", "frozen", 3)]
    public BigInteger Frozen { get; set; }

    [Parameter("uint40", "releaseAt", 4)]
    public ulong ReleaseAt { get; set; }
}

[Function("createSubnet", "uint256")]
internal sealed class CreateSubnetMessage : FunctionMessage
{
    [Parameter("string", "name", 1)]
    public string Name { get; set; } = "";

    [Parameter("address", "stakeToken", 2)]
    public string StakeToken { get; set; } = "";

    [Parameter("tuple", "parameters", 3)]
    public SubnetParametersTuple Parameters { get; set; } = new();
}

[Function("subnetCount", "uint256")]
internal sealed class SubnetCountMessage : FunctionMessage;

[Function("getSubnet", typeof(GetSubnetOutput))]
internal sealed class GetSubnetMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[FunctionOutput]
internal sealed class GetSubnetOutput : IFunctionOutputDTO
{
    [Parameter("tuple", "subnet", 1)]
    public SubnetTuple Subnet { get; set; } = new();
}

[Function("stake")]
internal sealed class StakeMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint8", "role", 2)]
    public byte Role { get; set; }

    [Parameter("uint128", "amount", 3)]
    public BigInteger Amount { get; set; }
}

[Function("getStake", typeof(GetStakeOutput))]
internal sealed class GetStakeMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint8", "role", 2)]
    public byte Role { get; set; }

    [Parameter("address", "operator", 3)]
    public string Operator { get; set; } = "";
}

[FunctionOutput]
internal sealed class GetStakeOutput : IFunctionOutputDTO
{
    [Parameter("tuple", "stake", 1)]
    public StakeTuple Stake { get; set; } = new();
}

[Function("rewardPool", "uint256")]
internal sealed class RewardPoolMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "token", 2)]
    public string Token { get; set; } = "";
}
