using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;
using Nethereum.Hex.HexConvertors.Extensions;

namespace Ncn.NethereumStandIn.Tests.Messages;

public sealed class Inner
{
    [Parameter("address", "who", 1)]
    public string Who { get; set; } = "";

    [Parameter("uint40", "delay", 2)]
    public ulong Delay { get; set; }

    [Parameter("bytes32", "salt", 3)]
    public byte[] Salt { get; set; } = [];
}

public sealed class Entry
{
    [Parameter("tuple", "inner", 1)]
    public Inner Inner { get; set; } = new();

    [Parameter("bytes", "signature", 2)]
    public byte[] Signature { get; set; } = [];

    [Parameter("uint128", "total", 3)]
    public BigInteger Total { get; set; }
}

/// <summary>A call that holds every kind of ABI type; the values are those of vectors.mjs.</summary>
[Function("everything")]
public sealed class Everything : FunctionMessage
{
    [Parameter("uint8", "small", 1)]
    public byte Small { get; set; } = 7;

    [Parameter("int64", "negative", 2)]
    public long Negative { get; set; } = -5;

    [Parameter("uint256", "large", 3)]
    public BigInteger Large { get; set; } = BigInteger.Pow(2, 255) + 1;

    [Parameter("bool", "flag", 4)]
    public bool Flag { get; set; } = true;

    [Parameter("string", "text", 5)]
    public string Text { get; set; } = "größer als 32 Zeichen, damit zwei Wörter nötig sind";

    [Parameter("bytes", "blob", 6)]
    public byte[] Blob { get; set; } = [1, 2, 3];

    [Parameter("bytes4", "tag", 7)]
    public byte[] Tag { get; set; } = [0xde, 0xad, 0xbe, 0xef];

    [Parameter("tuple", "inner", 8)]
    public Inner Inner { get; set; } = Samples.Inner(Samples.Alice);

    [Parameter("tuple[]", "entries", 9)]
    public List<Entry> Entries { get; set; } =
    [
        new() { Inner = Samples.Inner(Samples.Alice), Signature = Enumerable.Repeat((byte)0x11, 65).ToArray(), Total = 1_000_000 },
        new() { Inner = Samples.Inner(Samples.Bob) },
    ];

    [Parameter("uint32[]", "numbers", 10)]
    public List<uint> Numbers { get; set; } = [1, 2, 3];

    [Parameter("address[2]", "pair", 11)]
    public List<string> Pair { get; set; } = [Samples.Alice, Samples.Bob];
}

internal static class Samples
{
    internal const string Key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    internal const string Owner = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    internal const string Alice = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    internal const string Bob = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
    internal const int ChainId = 412346;

    internal static byte[] Salt => string.Concat(Enumerable.Repeat("ab", 32)).HexToByteArray();

    internal static Inner Inner(string who) => new() { Who = who, Delay = 900, Salt = Salt };
}
