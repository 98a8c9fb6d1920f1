using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Payment;

[Function("permit")]
internal sealed class PermitMessage : FunctionMessage
{
    [Parameter("address", "token", 1)]
    public string Token { get; set; } = "";

    [Parameter("uint256", "amount", 2)]
    public BigInteger Amount { get; set; }

    [Parameter("uint256", "deadline", 3)]
    public BigInteger Deadline { get; set; }

    [Parameter("uint8", "v", 4)]
    public byte V { get; set; }

    [Parameter("bytes32", "r", 5)]
    public byte[] R { get; set; } = [];

    [Parameter("bytes32", "s", 6)]
    public byte[] S { get; set; } = [];
}

[Function("multicall", "bytes[]")]
internal sealed class MulticallMessage : FunctionMessage
{
    [Parameter("bytes[]", "data", 1)]
    public List<byte[]> Data { get; set; } = [];
}

[Function("delegate")]
internal sealed class DelegateMessage : FunctionMessage
{
    [Parameter("address", "authorizer", 1)]
    public string Authorizer { get; set; } = "";

    [Parameter("address", "token", 2)]
    public string Token { get; set; } = "";

    [Parameter("uint128", "cap", 3)]
    public BigInteger Cap { get; set; }
}

[Function("delegations", "uint128")]
internal sealed class DelegationsMessage : FunctionMessage
{
    [Parameter("address", "payer", 1)]
    public string Payer { get; set; } = "";

    [Parameter("address", "authorizer", 2)]
    public string Authorizer { get; set; } = "";

    [Parameter("address", "token", 3)]
    public string Token { get; set; } = "";
}
