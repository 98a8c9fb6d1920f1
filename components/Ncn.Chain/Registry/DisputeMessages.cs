using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

[Function("homeSubnet", "uint256")]
internal sealed class HomeSubnetMessage : FunctionMessage
{
    [Parameter("address", "operator", 1)]
    public string Operator { get; set; } = "";
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
