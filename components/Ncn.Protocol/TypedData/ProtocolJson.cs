using System.Text.Json;

namespace Ncn.Protocol;

/// <summary>The one JSON form of the network's own messages: camelCase, amounts and bytes as strings, unknown members ignored.</summary>
public static class ProtocolJson
{
    /// <summary>Shared, read-only options.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>The same form for messages from outside: a missing member, or null where none belongs, is a <see cref="JsonException"/>.</summary>
    /// <remarks>The elements of a list and the message inside <see cref="Signed{T}"/> can still be null: .NET does not know better.</remarks>
    public static JsonSerializerOptions Strict { get; } = Create(strict: true);

    private static JsonSerializerOptions Create(bool strict = false)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            MaxDepth = 32,
            RespectNullableAnnotations = strict,
            RespectRequiredConstructorParameters = strict,
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
