using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Payment;

[Struct("PackedBatch")]
internal sealed class PackedBatchTuple
{
    [Parameter("address", "receiver", 1)]
    public string Receiver { get; set; } = "";

    [Parameter("address", "receiverAuthorizer", 2)]
    public string ReceiverAuthorizer { get; set; } = "";

    [Parameter("address", "token", 3)]
    public string Token { get; set; } = "";

    [Parameter("uint40", "withdrawDelay", 4)]
    public ulong WithdrawDelay { get; set; }

    [Parameter("bytes32", "salt", 5)]
    public byte[] Salt { get; set; } = [];

    [Parameter("uint8", "authorizer", 6)]
    public byte Authorizer { get; set; }
}

[Function("claimPacked")]
internal sealed class ClaimPackedMessage : FunctionMessage
{
    [Parameter("tuple", "batch", 1)]
    public PackedBatchTuple Batch { get; set; } = new();

    [Parameter("bytes", "rows", 2)]
    public byte[] Rows { get; set; } = [];

    internal static ClaimPackedMessage From(PackedBatch batch) => new()
    {
        Batch = new PackedBatchTuple
        {
            Receiver = batch.Shared.Receiver.ToString(),
            ReceiverAuthorizer = batch.Shared.ReceiverAuthorizer.ToString(),
            Token = batch.Shared.Token.ToString(),
            WithdrawDelay = batch.Shared.WithdrawDelay,
            Salt = batch.Shared.Salt.ToArray(),
            Authorizer = (byte)batch.Form,
        },
        Rows = batch.EncodeRows(),
    };
}

[Function("depositBalanceWithAuthorization")]
internal sealed class DepositBalanceWithAuthorizationMessage : FunctionMessage
{
    [Parameter("address", "payer", 1)]
    public string Payer { get; set; } = "";

    [Parameter("address", "token", 2)]
    public string Token { get; set; } = "";

    [Parameter("uint128", "amount", 3)]
    public BigInteger Amount { get; set; }

    [Parameter("uint256", "validAfter", 4)]
    public BigInteger ValidAfter { get; set; }

    [Parameter("uint256", "validBefore", 5)]
    public BigInteger ValidBefore { get; set; }

    [Parameter("bytes32", "nonce", 6)]
    public byte[] AuthorizationNonce { get; set; } = [];

    [Parameter("bytes", "signature", 7)]
    public byte[] Signature { get; set; } = [];
}
