using System.Numerics;
using Ncn.Protocol;
using Nethereum.ABI.FunctionEncoding.Attributes;

namespace Ncn.Chain.Payment;

[Struct("ChannelConfig")]
internal sealed class ChannelTuple
{
    [Parameter("address", "payer", 1)]
    public string Payer { get; set; } = "";

    [Parameter("address", "payerAuthorizer", 2)]
    public string PayerAuthorizer { get; set; } = "";

    [Parameter("address", "receiver", 3)]
    public string Receiver { get; set; } = "";

    [Parameter("address", "receiverAuthorizer", 4)]
    public string ReceiverAuthorizer { get; set; } = "";

    [Parameter("address", "token", 5)]
    public string Token { get; set; } = "";

    [Parameter("uint40", "withdrawDelay", 6)]
    public ulong WithdrawDelay { get; set; }

    [Parameter("bytes32", "salt", 7)]
    public byte[] Salt { get; set; } = [];

    internal static ChannelTuple From(ChannelConfig config) => new()
    {
        Payer = config.Payer.ToString(),
        PayerAuthorizer = config.PayerAuthorizer.ToString(),
        Receiver = config.Receiver.ToString(),
        ReceiverAuthorizer = config.ReceiverAuthorizer.ToString(),
        Token = config.Token.ToString(),
        WithdrawDelay = config.WithdrawDelay,
        Salt = config.Salt.ToArray(),
    };
}

internal sealed class VoucherTuple
{
    [Parameter("tuple", "channel", 1)]
    public ChannelTuple Channel { get; set; } = new();

    [Parameter("uint128", "maxClaimableAmount", 2)]
    public BigInteger MaxClaimableAmount { get; set; }
}

internal sealed class ClaimTuple
{
    [Parameter("tuple", "voucher", 1)]
    public VoucherTuple Voucher { get; set; } = new();

    [Parameter("bytes", "signature", 2)]
    public byte[] Signature { get; set; } = [];

    [Parameter("uint128", "totalClaimed", 3)]
    public BigInteger TotalClaimed { get; set; }

    internal static ClaimTuple From(VoucherClaim claim) => new()
    {
        Voucher = new VoucherTuple
        {
            Channel = ChannelTuple.From(claim.Voucher.Config),
            MaxClaimableAmount = claim.Voucher.MaxClaimableAmount.Units,
        },
        Signature = claim.Voucher.Signature.ToArray(),
        TotalClaimed = claim.TotalClaimed.Units,
    };
}
