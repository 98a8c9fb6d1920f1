using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Payment;

[Function("refundWithSignature")]
internal sealed class RefundWithSignatureMessage : FunctionMessage
{
    [Parameter("tuple", "config", 1)]
    public ChannelTuple Config { get; set; } = new();

    [Parameter("uint128", "amount", 2)]
    public BigInteger Amount { get; set; }

    // FunctionMessage has a member Nonce of its own, the transaction's.
    [Parameter("uint256", "nonce", 3)]
    public BigInteger RefundNonce { get; set; }

    [Parameter("bytes", "receiverAuthorizerSignature", 4)]
    public byte[] Signature { get; set; } = [];
}

[Function("refundNonce", "uint256")]
internal sealed class RefundNonceMessage : FunctionMessage
{
    [Parameter("bytes32", "channelId", 1)]
    public byte[] ChannelId { get; set; } = [];
}
