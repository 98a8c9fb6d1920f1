using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Tokens;

[Function("transferWithAuthorization")]
internal sealed class TransferWithAuthorizationMessage : FunctionMessage
{
    [Parameter("address", "from", 1)]
    public string From { get; set; } = "";

    [Parameter("address", "to", 2)]
    public string To { get; set; } = "";

    [Parameter("uint256", "value", 3)]
    public BigInteger Value { get; set; }

    [Parameter("uint256", "validAfter", 4)]
    public BigInteger ValidAfter { get; set; }

    [Parameter("uint256", "validBefore", 5)]
    public BigInteger ValidBefore { get; set; }

    // FunctionMessage has a member Nonce of its own, the transaction's.
    [Parameter("bytes32", "nonce", 6)]
    public byte[] AuthorizationNonce { get; set; } = [];

    [Parameter("uint8", "v", 7)]
    public byte V { get; set; }

    [Parameter("bytes32", "r", 8)]
    public byte[] R { get; set; } = [];

    [Parameter("bytes32", "s", 9)]
    public byte[] S { get; set; } = [];
}

[Function("authorizationState", "bool")]
internal sealed class AuthorizationStateMessage : FunctionMessage
{
    [Parameter("address", "authorizer", 1)]
    public string Authorizer { get; set; } = "";

    [Parameter("bytes32", "nonce", 2)]
    public byte[] AuthorizationNonce { get; set; } = [];
}
