using System.Numerics;
using Ncn.Chain.Payment;
using Ncn.Protocol;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

[Struct("ChannelStatement")]
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

    internal static StatementTuple From(ChannelStatement statement) => new()
    {
        SubnetId = statement.Subnet.Value,
        Payment = statement.Payment.ToString(),
        ChannelId = statement.ChannelId.Value.ToArray(),
        MaxClaimableAmount = statement.MaxClaimableAmount.Units,
        Charged = statement.Charged.Units,
        IssuedAt = statement.IssuedAt,
    };
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
internal sealed class DisputeAnswerMessage : FunctionMessage
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

[Function("statementDigest", "bytes32")]
internal sealed class StatementDigestMessage : FunctionMessage
{
    [Parameter("tuple", "statement", 1)]
    public StatementTuple Statement { get; set; } = new();
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
    [Parameter("tuple", "", 1)]
    public DisputeTuple Dispute { get; set; } = new();
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
