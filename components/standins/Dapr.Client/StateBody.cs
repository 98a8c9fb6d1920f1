using System.Text.Json;

namespace Dapr.Client;

/// <summary>Writes the bodies of Dapr's state and binding HTTP API.</summary>
internal static class StateBody
{
    /// <summary><c>[{"key":…,"value":…,"etag":…,"options":…,"metadata":…}]</c></summary>
    internal static byte[] Save<TValue>(string key, TValue value, string? etag, StateOptions? options, IReadOnlyDictionary<string, string>? metadata, JsonSerializerOptions json) => Write(writer =>
    {
        writer.WriteStartArray();
        writer.WriteStartObject();
        writer.WriteString("key", key);
        writer.WritePropertyName("value");
        JsonSerializer.Serialize(writer, value, json);
        WriteConditions(writer, etag, options, metadata);
        writer.WriteEndObject();
        writer.WriteEndArray();
    });

    /// <summary><c>{"operations":[{"operation":"upsert","request":{…}}],"metadata":…}</c></summary>
    internal static byte[] Transaction(IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("operations");
        foreach (var operation in operations)
        {
            WriteOperation(writer, operation);
        }
        writer.WriteEndArray();
        WriteMetadata(writer, metadata);
        writer.WriteEndObject();
    });

    /// <summary><c>{"data":…,"metadata":…,"operation":"create"}</c></summary>
    internal static byte[] Binding(string operation, Action<Utf8JsonWriter>? writeData, IReadOnlyDictionary<string, string>? metadata) => Write(writer =>
    {
        writer.WriteStartObject();
        if (writeData is not null)
        {
            writer.WritePropertyName("data");
            writeData(writer);
        }
        WriteMetadata(writer, metadata);
        writer.WriteString("operation", operation);
        writer.WriteEndObject();
    });

    internal static string? ConcurrencyText(StateOptions? options) => options?.Concurrency switch
    {
        ConcurrencyMode.FirstWrite => "first-write",
        ConcurrencyMode.LastWrite => "last-write",
        _ => null,
    };

    internal static string? ConsistencyText(ConsistencyMode? mode) => mode switch
    {
        ConsistencyMode.Eventual => "eventual",
        ConsistencyMode.Strong => "strong",
        _ => null,
    };

    private static void WriteOperation(Utf8JsonWriter writer, StateTransactionRequest operation)
    {
        writer.WriteStartObject();
        writer.WriteString("operation", operation.OperationType == StateOperationType.Delete ? "delete" : "upsert");
        writer.WriteStartObject("request");
        writer.WriteString("key", operation.Key);
        if (operation.Value is not null)
        {
            writer.WritePropertyName("value");
            writer.WriteRawValue(operation.Value);
        }
        WriteConditions(writer, operation.ETag, operation.Options, operation.Metadata);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteConditions(Utf8JsonWriter writer, string? etag, StateOptions? options, IReadOnlyDictionary<string, string>? metadata)
    {
        if (etag is not null)
        {
            writer.WriteString("etag", etag);
        }
        if (options is not null)
        {
            writer.WriteStartObject("options");
            WriteOptional(writer, "concurrency", ConcurrencyText(options));
            WriteOptional(writer, "consistency", ConsistencyText(options.Consistency));
            writer.WriteEndObject();
        }
        WriteMetadata(writer, metadata);
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteMetadata(Utf8JsonWriter writer, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null)
        {
            return;
        }
        writer.WriteStartObject("metadata");
        foreach (var (name, value) in metadata)
        {
            writer.WriteString(name, value);
        }
        writer.WriteEndObject();
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }
        return stream.ToArray();
    }
}
