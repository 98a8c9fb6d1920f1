using System.Text.Json;
using System.Text.Json.Serialization;
using Nethereum.Hex.HexTypes;

namespace Nethereum.RPC.Eth.DTOs;

/// <summary>A block by number or by one of the names that JSON-RPC gives; "latest" unless told otherwise.</summary>
[JsonConverter(typeof(BlockParameterJsonConverter))]
public class BlockParameter
{
    private readonly string _name = "latest";

    public BlockParameter()
    {
    }

    public BlockParameter(HexBigInteger blockNumber) => BlockNumber = blockNumber;

    public BlockParameter(ulong blockNumber)
        : this(new HexBigInteger(blockNumber))
    {
    }

    private BlockParameter(string name) => _name = name;

    public HexBigInteger BlockNumber { get; }

    public static BlockParameter CreateEarliest() => new("earliest");

    public static BlockParameter CreateLatest() => new("latest");

    public static BlockParameter CreatePending() => new("pending");

    public string GetRPCParam() => BlockNumber?.HexValue ?? _name;
}

internal sealed class BlockParameterJsonConverter : JsonConverter<BlockParameter>
{
    public override BlockParameter Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(new HexBigInteger(reader.GetString()));

    public override void Write(Utf8JsonWriter writer, BlockParameter value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.GetRPCParam());
}
