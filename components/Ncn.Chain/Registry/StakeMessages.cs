using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

[Function("proposeSubnetParameters")]
internal sealed class ProposeSubnetParametersMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("tuple", "parameters", 2)]
    public SubnetParametersTuple Parameters { get; set; } = new();
}

[Function("cancelSubnetParameters")]
internal sealed class CancelSubnetParametersMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[Function("transferSubnet")]
internal sealed class TransferSubnetMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "newOwner", 2)]
    public string NewOwner { get; set; } = "";
}

[Function("acceptSubnet")]
internal sealed class AcceptSubnetMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[Function("pendingSubnetParameters", typeof(PendingSubnetParametersOutput))]
internal sealed class PendingSubnetParametersMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[FunctionOutput]
internal sealed class PendingSubnetParametersOutput : IFunctionOutputDTO
{
    [Parameter("tuple", "parameters", 1)]
    public SubnetParametersTuple Parameters { get; set; } = new();

    [Parameter("uint40", "effectiveAt", 2)]
    public ulong EffectiveAt { get; set; }
}

[Function("unbond")]
internal sealed class UnbondMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint8", "role", 2)]
    public byte Role { get; set; }

    [Parameter("uint128", "amount", 3)]
    public BigInteger Amount { get; set; }
}

[Function("withdrawStake")]
internal sealed class WithdrawStakeMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint8", "role", 2)]
    public byte Role { get; set; }
}

[Function("setHomeSubnet")]
internal sealed class SetHomeSubnetMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[Function("homeSubnet", "uint256")]
internal sealed class HomeSubnetMessage : FunctionMessage
{
    [Parameter("address", "operator", 1)]
    public string Operator { get; set; } = "";
}

[Function("withdrawableAt", "uint40")]
internal sealed class WithdrawableAtMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint8", "role", 2)]
    public byte Role { get; set; }

    [Parameter("address", "operator", 3)]
    public string Operator { get; set; } = "";
}

[Function("totalBonded", "uint256")]
internal sealed class TotalBondedMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint8", "role", 2)]
    public byte Role { get; set; }
}

[Function("isActive", "bool")]
internal sealed class IsActiveMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint8", "role", 2)]
    public byte Role { get; set; }

    [Parameter("address", "operator", 3)]
    public string Operator { get; set; } = "";
}

[Function("fundRewards")]
internal sealed class FundRewardsMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "token", 2)]
    public string Token { get; set; } = "";

    [Parameter("uint128", "amount", 3)]
    public BigInteger Amount { get; set; }
}

[Function("claimReward")]
internal sealed class ClaimRewardMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "token", 2)]
    public string Token { get; set; } = "";

    [Parameter("address", "account", 3)]
    public string Account { get; set; } = "";

    [Parameter("uint128", "cumulativeAmount", 4)]
    public BigInteger CumulativeAmount { get; set; }

    [Parameter("bytes32[]", "proof", 5)]
    public List<byte[]> Proof { get; set; } = [];
}

[Function("claimedReward", "uint128")]
internal sealed class ClaimedRewardMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "token", 2)]
    public string Token { get; set; } = "";

    [Parameter("address", "account", 3)]
    public string Account { get; set; } = "";
}
