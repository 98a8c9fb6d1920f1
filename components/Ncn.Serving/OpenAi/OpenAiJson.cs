using System.Text.Json;
using System.Text.Json.Serialization;
using Ncn.Protocol;

namespace Ncn.Serving.OpenAi;

/// <summary>How objects that are written now and then become OpenAI's JSON; the pieces of answers are written by hand.</summary>
internal static class OpenAiJson
{
    public static JsonSerializerOptions Options { get; } = new(ProtocolJson.Options)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };
}
