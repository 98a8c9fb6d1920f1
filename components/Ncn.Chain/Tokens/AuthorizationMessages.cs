using System.Numerics;
<<<<<<< HEAD
using Ncn.Protocol;
=======
>>>>>>> main
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Tokens;

<<<<<<< HEAD
/// <summary>An EIP-3009 authorization with its signature.</summary>
/// <param name="ValidAfter">Unix seconds; a uint256 on the wire.</param>
/// <param name="ValidBefore">Unix seconds; a uint256 on the wire.</param>
/// <param name="Nonce">Chosen by the payer, used once.</param>
public sealed record TokenAuthorization(
    Address From, Address To, TokenAmount Value, BigInteger ValidAfter, BigInteger ValidBefore, Hash32 Nonce, HexBytes Signature);

[Function("transferWithAuthorization")]
internal sealed class TransferBySignatureMessage : FunctionMessage
=======
[Function("transferWithAuthorization")]
internal sealed class TransferWithAuthorizationMessage : FunctionMessage
>>>>>>> main
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

<<<<<<< HEAD
=======
    // FunctionMessage has a member Nonce of its own, the transaction's.
>>>>>>> main
    [Parameter("bytes32", "nonce", 6)]
    public byte[] AuthorizationNonce { get; set; } = [];

    [Parameter("uint8", "v", 7)]
    public byte V { get; set; }

    [Parameter("bytes32", "r", 8)]
    public byte[] R { get; set; } = [];

    [Parameter("bytes32", "s", 9)]
    public byte[] S { get; set; } = [];
<<<<<<< HEAD

    internal static TransferBySignatureMessage Of(TokenAuthorization authorization)
    {
        var signature = authorization.Signature.Span;
        return new TransferBySignatureMessage
        {
            From = authorization.From.ToString(),
            To = authorization.To.ToString(),
            Value = authorization.Value.Units,
            ValidAfter = authorization.ValidAfter,
            ValidBefore = authorization.ValidBefore,
            AuthorizationNonce = authorization.Nonce.ToArray(),
            V = signature[^1],
            R = signature[..Hash32.Size].ToArray(),
            S = signature[Hash32.Size..(2 * Hash32.Size)].ToArray(),
        };
    }
}

[Function("transferWithAuthorization")]
internal sealed class TransferByBytesMessage : FunctionMessage
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

    [Parameter("bytes32", "nonce", 6)]
    public byte[] AuthorizationNonce { get; set; } = [];

    [Parameter("bytes", "signature", 7)]
    public byte[] Signature { get; set; } = [];

    internal static TransferByBytesMessage Of(TokenAuthorization authorization) => new()
    {
        From = authorization.From.ToString(),
        To = authorization.To.ToString(),
        Value = authorization.Value.Units,
        ValidAfter = authorization.ValidAfter,
        ValidBefore = authorization.ValidBefore,
        AuthorizationNonce = authorization.Nonce.ToArray(),
        Signature = authorization.Signature.Span.ToArray(),
    };
=======
}

[Function("authorizationState", "bool")]
internal sealed class AuthorizationStateMessage : FunctionMessage
{
    [Parameter("address", "authorizer", 1)]
    public string Authorizer { get; set; } = "";

    [Parameter("bytes32", "nonce", 2)]
    public byte[] AuthorizationNonce { get; set; } = [];
>>>>>>> main
}
