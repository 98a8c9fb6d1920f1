using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Dapr.Actors.Communication;

/// <summary>
/// JSON bodies of remoting: <c>{"value":{"argument":…}}</c> there and <c>{"value":{"retVal":…}}</c> back.
/// A method without arguments has no body, and one without a result is answered with none.
/// </summary>
internal static class RemotingBody
{
    private const string ResultName = "retVal";
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> WithFields = new();

    internal static byte[]? WriteArguments(ActorMethod method, object?[] values, JsonSerializerOptions json)
    {
        if (method.Arguments.Count == 0)
        {
            return null;
        }
        return Wrap(writer =>
        {
            for (var i = 0; i < method.Arguments.Count; i++)
            {
                writer.WritePropertyName(NameOf(method.Arguments[i].Name, json));
                JsonSerializer.Serialize(writer, values[i], method.Arguments[i].Type, Fields(json));
            }
        });
    }

    internal static object?[] ReadArguments(ActorMethod method, ReadOnlySpan<byte> body, JsonSerializerOptions json)
    {
        var values = method.Arguments.Select(DefaultOf).ToArray();
        if (values.Length == 0 || body.IsEmpty)
        {
            return values;
        }
        var reader = new Utf8JsonReader(body);
        if (!EnterValue(ref reader))
        {
            return values;
        }
        while (ReadToken(ref reader) == JsonTokenType.PropertyName)
        {
            var position = PositionOf(method, reader.GetString()!, json);
            reader.Read();
            if (position < 0)
            {
                reader.Skip();
            }
            else
            {
                values[position] = JsonSerializer.Deserialize(ref reader, method.Arguments[position].Type, Fields(json));
            }
        }
        return values;
    }

    internal static byte[] WriteResult<TResult>(TResult? result, JsonSerializerOptions json) => Wrap(writer =>
    {
        writer.WritePropertyName(NameOf(ResultName, json));
        JsonSerializer.Serialize(writer, result, Fields(json));
    });

    internal static TResult? ReadResult<TResult>(ReadOnlySpan<byte> body, JsonSerializerOptions json)
    {
        if (body.IsEmpty)
        {
            return default;
        }
        var reader = new Utf8JsonReader(body);
        if (!EnterValue(ref reader) || ReadToken(ref reader) != JsonTokenType.PropertyName)
        {
            return default;
        }
        reader.Read();
        return JsonSerializer.Deserialize<TResult>(ref reader, Fields(json));
    }

    /// <summary>Moves to the object in "value"; false when it is null.</summary>
    private static bool EnterValue(ref Utf8JsonReader reader)
    {
        if (ReadToken(ref reader) != JsonTokenType.StartObject
            || ReadToken(ref reader) != JsonTokenType.PropertyName
            || !reader.ValueTextEquals("value"))
        {
            throw new JsonException("An actor message must be a JSON object with the one property 'value'.");
        }
        return ReadToken(ref reader) == JsonTokenType.StartObject;
    }

    private static JsonTokenType ReadToken(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : JsonTokenType.None;

    private static int PositionOf(ActorMethod method, string name, JsonSerializerOptions json)
    {
        var comparison = json.PropertyNameCaseInsensitive ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        for (var i = 0; i < method.Arguments.Count; i++)
        {
            if (name.Equals(NameOf(method.Arguments[i].Name, json), comparison))
            {
                return i;
            }
        }
        return -1;
    }

    private static object? DefaultOf(ActorArgument argument) =>
        argument.Type.IsValueType && Nullable.GetUnderlyingType(argument.Type) is null
            ? RuntimeHelpers.GetUninitializedObject(argument.Type)
            : null;

    private static string NameOf(string name, JsonSerializerOptions json) => json.PropertyNamingPolicy?.ConvertName(name) ?? name;

    // The official client wraps arguments as fields, so fields of the arguments' own types travel too.
    private static JsonSerializerOptions Fields(JsonSerializerOptions json) =>
        WithFields.GetValue(json, original => new JsonSerializerOptions(original) { IncludeFields = true });

    private static byte[] Wrap(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("value");
            write(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }
}
