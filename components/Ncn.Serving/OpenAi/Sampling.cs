using System.Globalization;
using System.Text.Json;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi;

/// <summary>
/// How tokens are chosen, how many, and what is told about them: OpenAI's members, and top_k, min_p and repetition_penalty under the names
/// that vLLM made usual. The node checks what only it can know, such as a schema's keywords.
/// </summary>
public sealed record Sampling
{
    private const int MaxBiases = 1024;
    private const int MaxStops = 16;
    private const int MaxStopCharacters = 256;

    /// <summary>Most tokens of the answer.</summary>
    public required uint MaxTokens { get; init; }

    /// <summary>0 (greedy, the default) to 2.</summary>
    public float Temperature { get; init; }

    public float TopP { get; init; } = 1;

    /// <summary>0 for all.</summary>
    public uint TopK { get; init; }

    public float MinP { get; init; }

    public float RepetitionPenalty { get; init; } = 1;

    public float PresencePenalty { get; init; }

    public float FrequencyPenalty { get; init; }

    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = new Dictionary<int, float>();

    /// <summary>Texts that end the answer and are not part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Null when the client leaves it to the gateway.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The schema that the answer is held to; "{}" for any JSON object, empty for free text.</summary>
    public string JsonSchema { get; init; } = "";

    /// <summary>Alternatives told for each token besides its own log-probability, 0 to 20; null when none are told.</summary>
    public uint? TopLogprobs { get; init; }

    /// <summary>Parses and checks the members that chat completions, completions and responses share; an <see cref="ApiException"/> names the one at fault.</summary>
    public static Sampling Parse(JsonElement root, uint maxTokens) => new()
    {
        MaxTokens = maxTokens,
        Temperature = (float)JsonBody.Number(root, "temperature", 0, 2, 0),
        TopP = (float)JsonBody.Number(root, "top_p", 0, 1, 1),
        TopK = (uint)Math.Max(0, JsonBody.Integer(root, "top_k", -1, int.MaxValue, 0)), // vLLM's -1 means all, as 0 does
        MinP = (float)JsonBody.Number(root, "min_p", 0, 1, 0),
        RepetitionPenalty = ReadRepetitionPenalty(root),
        PresencePenalty = (float)JsonBody.Number(root, "presence_penalty", -2, 2, 0),
        FrequencyPenalty = (float)JsonBody.Number(root, "frequency_penalty", -2, 2, 0),
        LogitBias = ReadLogitBias(root),
        Stop = ReadStop(root),
        Seed = root.TryGetProperty("seed", out var seed) && seed.ValueKind != JsonValueKind.Null
            ? unchecked((ulong)JsonBody.Integer(root, "seed", long.MinValue, long.MaxValue, 0)) : null,
    };

    /// <summary>What a node gets, but for the prompt.</summary>
    public GenerateInput ToInput()
    {
        var generate = new GenerateInput
        {
            MaxTokens = MaxTokens,
            Temperature = Temperature,
            TopP = TopP,
            TopK = TopK,
            MinP = MinP,
            RepetitionPenalty = RepetitionPenalty,
            PresencePenalty = PresencePenalty,
            FrequencyPenalty = FrequencyPenalty,
            JsonSchema = JsonSchema,
            Logprobs = TopLogprobs is not null,
            TopLogprobs = TopLogprobs ?? 0,
        };
        generate.Stop.AddRange(Stop);
        foreach (var (token, bias) in LogitBias.OrderBy(static pair => pair.Key))
        {
            generate.LogitBias.Add(token, bias);
        }

        return generate;
    }

    /// <summary>A node cannot stop within a document that it has promised.</summary>
    public Sampling Checked() => JsonSchema.Length > 0 && Stop.Count > 0
        ? throw Bad("invalid_value", "stop would cut the JSON that response_format or tool_choice asks for; leave one of the two out.", "stop")
        : this;

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

    private static string[] ReadStop(JsonElement root)
    {
        if (!root.TryGetProperty("stop", out var stop) || stop.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        var texts = stop.ValueKind switch
        {
            JsonValueKind.String => [stop.GetString()!],
            JsonValueKind.Array when stop.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String) =>
                stop.EnumerateArray().Select(static item => item.GetString()!).ToArray(),
            _ => throw Bad("invalid_type", "stop must be a string or an array of strings.", "stop"),
        };
        return texts.Length <= MaxStops && texts.All(static text => text.Length is > 0 and <= MaxStopCharacters)
            ? texts
            : throw Bad("invalid_value", $"stop may hold at most {MaxStops} texts of 1 to {MaxStopCharacters} characters.", "stop");
    }

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
