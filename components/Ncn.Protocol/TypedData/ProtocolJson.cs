using System.Text.Json;

namespace Ncn.Protocol;

/// <summary>The one JSON form of the network's own messages: camelCase, amounts and bytes as strings, unknown members ignored.</summary>
public static class ProtocolJson
{
    /// <summary>Shared, read-only options.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { MaxDepth = 32 };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
