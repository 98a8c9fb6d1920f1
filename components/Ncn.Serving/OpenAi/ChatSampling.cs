using System.Globalization;
using System.Text.Json;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi;

/// <summary>
/// How tokens are chosen and what form the answer has: OpenAI's penalties, logit bias and response format, and the options top_k, min_p
/// and repetition_penalty under the names that vLLM made usual. The node checks what only it can know, such as the schema's keywords.
/// </summary>
internal sealed record ChatSampling(
    uint TopK, float MinP, float RepetitionPenalty, float PresencePenalty, float FrequencyPenalty, IReadOnlyDictionary<int, float> LogitBias, string JsonSchema)
{
    private const int MaxBiases = 1024;
    private const int MaxSchemaCharacters = 64 * 1024;

    /// <summary>Parses and checks the members; an <see cref="ApiException"/> names the one at fault.</summary>
    public static ChatSampling Parse(JsonElement root) => new(
        TopK: (uint)Math.Max(0, JsonBody.Integer(root, "top_k", -1, int.MaxValue, 0)), // vLLM's -1 means all, as 0 does
        MinP: (float)JsonBody.Number(root, "min_p", 0, 1, 0),
        RepetitionPenalty: ReadRepetitionPenalty(root),
        PresencePenalty: (float)JsonBody.Number(root, "presence_penalty", -2, 2, 0),
        FrequencyPenalty: (float)JsonBody.Number(root, "frequency_penalty", -2, 2, 0),
        LogitBias: ReadLogitBias(root),
        JsonSchema: ReadResponseFormat(root));

    public void WriteTo(GenerateInput generate)
    {
        generate.TopK = TopK;
        generate.MinP = MinP;
        generate.RepetitionPenalty = RepetitionPenalty;
        generate.PresencePenalty = PresencePenalty;
        generate.FrequencyPenalty = FrequencyPenalty;
        generate.JsonSchema = JsonSchema;
        foreach (var (token, bias) in LogitBias.OrderBy(static pair => pair.Key))
        {
            generate.LogitBias.Add(token, bias);
        }
    }

    // 0 means "off" on the wire, so it must not be asked for.
    private static float ReadRepetitionPenalty(JsonElement root) => (float)JsonBody.Number(root, "repetition_penalty", 0, 2, 1) is var value && value > 0
        ? value
        : throw Bad("invalid_value", "repetition_penalty must be above 0 and at most 2.", "repetition_penalty");

    private static Dictionary<int, float> ReadLogitBias(JsonElement root)
    {
        if (!root.TryGetProperty("logit_bias", out var member) || member.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (member.ValueKind != JsonValueKind.Object)
        {
            throw Bad("invalid_type", "logit_bias must be an object of token ids and numbers.", "logit_bias");
        }

        var bias = new Dictionary<int, float>();
        foreach (var entry in member.EnumerateObject())
        {
            var known = int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var token);
            if (!known || bias.Count == MaxBiases || entry.Value.ValueKind != JsonValueKind.Number || !bias.TryAdd(token, (float)entry.Value.GetDouble())
                || !(Math.Abs(bias[token]) <= 100))
            {
                throw Bad("invalid_value", $"logit_bias must have at most {MaxBiases} different token ids with numbers from -100 to 100.", "logit_bias");
            }
        }

        return bias;
    }

    private static string ReadResponseFormat(JsonElement root)
    {
        if (!root.TryGetProperty("response_format", out var format) || format.ValueKind == JsonValueKind.Null)
        {
            return "";
        }

        var type = format.ValueKind == JsonValueKind.Object && format.TryGetProperty("type", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        return type switch
        {
            "text" => "",
            "json_object" => "{}",
            "json_schema" when format.TryGetProperty("json_schema", out var named) && named.ValueKind == JsonValueKind.Object
                && named.TryGetProperty("schema", out var schema) && schema.ValueKind == JsonValueKind.Object => Checked(schema.GetRawText()),
            "json_schema" => throw Bad("invalid_value", "response_format.json_schema needs a schema, which is an object.", "response_format"),
            _ => throw Bad("invalid_value", "response_format.type must be text, json_object or json_schema.", "response_format"),
        };
    }

    private static string Checked(string schema) => schema.Length <= MaxSchemaCharacters
        ? schema
        : throw Bad("invalid_value", $"response_format.json_schema.schema may have at most {MaxSchemaCharacters} characters.", "response_format");

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
