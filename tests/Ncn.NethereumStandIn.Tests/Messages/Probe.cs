using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.NethereumStandIn.Tests.Messages;

[Function("store")]
public sealed class Store : FunctionMessage
{
    [Parameter("tuple[]", "entries", 1)]
    public List<Entry> Entries { get; set; } = [];

    [Parameter("string", "note", 2)]
    public string Note { get; set; } = "";
}

[Function("total", "uint128")]
public sealed class Total : FunctionMessage;

[Function("echo", typeof(EchoOutput))]
public sealed class Echo : FunctionMessage
{
    [Parameter("tuple[]", "entries", 1)]
    public List<Entry> Entries { get; set; } = [];
}

[FunctionOutput]
public sealed class EchoOutput : IFunctionOutputDTO
{
    [Parameter("uint256", "count", 1)]
    public int Count { get; set; }

    [Parameter("tuple[]", "same", 2)]
    public List<Entry> Same { get; set; } = [];

    [Parameter("string", "text", 3)]
    public string Text { get; set; } = "";
}

[Function("refuse")]
public sealed class Refuse : FunctionMessage
{
    [Parameter("uint256", "asked", 1)]
    public BigInteger Asked { get; set; }
}

[Error("TooMuch")]
public sealed class TooMuch : IErrorDTO
{
    [Parameter("uint256", "asked", 1)]
    public BigInteger Asked { get; set; }

    [Parameter("address", "by", 2)]
    public string By { get; set; } = "";
}

[Error("TooLittle")]
public sealed class TooLittle : IErrorDTO;

[Event("Stored")]
public sealed class Stored : IEventDTO
{
    [Parameter("address", "by", 1, true)]
    public string By { get; set; } = "";

    [Parameter("bytes32", "salt", 2, true)]
    public byte[] Salt { get; set; } = [];

    [Parameter("uint128", "total", 3, false)]
    public BigInteger Total { get; set; }

    [Parameter("string", "note", 4, false)]
    public string Note { get; set; } = "";
}
