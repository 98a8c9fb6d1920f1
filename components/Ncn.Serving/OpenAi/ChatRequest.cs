using System.Collections.Frozen;
using System.Text.Json;
using Ncn.Payments.Pricing;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi.Tools;
using Ncn.Serving.Routing;

namespace Ncn.Serving.OpenAi;

/// <summary>A checked chat completion request (OpenAI API reference, "Create chat completion").</summary>
/// <param name="Choices">Answers asked for (<c>n</c>), 1 to 8.</param>
/// <param name="IncludeUsage">Whether the stream's usage comes in a chunk of its own.</param>
public sealed record ChatRequest(
    string Model, Conversation Messages, Sampling Sampling, ToolSet Tools, int Choices, bool Stream, bool IncludeUsage)
{
    /// <summary>Most answers in one request.</summary>
    public const int MaxChoices = 8;

    private const int MaxTokens = 1_000_000;

    private static readonly FrozenSet<string> Known = FrozenSet.ToFrozenSet(
    [
        "model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty",
        "frequency_penalty", "logit_bias", "stop", "seed", "stream", "stream_options", "n", "logprobs", "top_logprobs", "tools", "tool_choice",
        "parallel_tool_calls", "response_format", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "metadata", "store",
        "service_tier", "reasoning_effort", "verbosity", "modalities", "provider", "models", "ncn",
    ]);

    /// <summary>Who may answer it.</summary>
    public ModelChoice Choice { get; init; } = ModelChoice.Of(Model);

    /// <summary>Whether the client wants each piece's signed commitment (<c>"ncn": {"commitments": true}</c>).</summary>
    public bool WithCommitments { get; init; }

    /// <summary>The service tier that the client asked for; null when it did not.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>The most that one of its answers can use.</summary>
    public Usage Limit => new(Messages.TokenBound + Tools.TokenBound, Sampling.MaxTokens, 0);

    /// <summary>What a node gets for each answer.</summary>
    public Input ToInput()
    {
        var generate = Sampling.ToInput();
        (generate.MessagesJson, generate.ToolsJson) = (Messages.Json, Tools.Json);
        return new Input { Generate = generate };
    }

    /// <summary>Parses and checks a body; an <see cref="ApiException"/> names the member at fault.</summary>
    public static ChatRequest Parse(ReadOnlyMemory<byte> body, uint defaultMaxTokens)
    {
        using var document = JsonBody.Parse(body);
        return Parse(document.RootElement, defaultMaxTokens);
    }

    /// <summary>As <see cref="Parse(ReadOnlyMemory{byte}, uint)"/>, of a body that was parsed already.</summary>
    public static ChatRequest Parse(JsonElement root, uint defaultMaxTokens)
    {
        RequestMembers.CheckKnown(root, Known);
        RequestMembers.Refuse(root, "functions", "function_call", "audio", "web_search_options", "prediction");
        RequestMembers.CheckPassive(root);
        CheckModalities(root);
        var messages = Conversation.Read(root);
        var tools = ToolSet.Parse(root);
        var sampling = Sampling.Parse(root, ReadMaxTokens(root, defaultMaxTokens)) with
        {
            JsonSchema = tools.SchemaOver(ResponseFormat.ReadSchema(root)),
            TopLogprobs = ReadLogprobs(root),
        };
        var choice = ModelChoice.Read(root);
        return new ChatRequest(
            choice.Model, messages, sampling.Checked(), tools, (int)JsonBody.Integer(root, "n", 1, MaxChoices, 1),
            JsonBody.Boolean(root, "stream"), ReadIncludeUsage(root))
        {
            Choice = choice,
            WithCommitments = ReadCommitments(root),
            ServiceTier = RequestMembers.OneOf(root, "service_tier", "auto", "default", "flex", "scale", "priority"),
        };
    }

    /// <summary>Whether a stream's usage comes in a chunk of its own.</summary>
    internal static bool ReadIncludeUsage(JsonElement root) =>
        root.TryGetProperty("stream_options", out var options) && options.ValueKind == JsonValueKind.Object && JsonBody.Boolean(options, "include_usage");

    internal static bool ReadCommitments(JsonElement root) =>
        root.TryGetProperty("ncn", out var own) && own.ValueKind == JsonValueKind.Object && JsonBody.Boolean(own, "commitments");

    private static uint ReadMaxTokens(JsonElement root, uint fallback) =>
        (uint)JsonBody.Integer(root, "max_completion_tokens", 1, MaxTokens, JsonBody.Integer(root, "max_tokens", 1, MaxTokens, fallback));

    private static uint? ReadLogprobs(JsonElement root)
    {
        var top = (uint)JsonBody.Integer(root, "top_logprobs", 0, 20, 0);
        return JsonBody.Boolean(root, "logprobs") ? top
            : top == 0 ? null
            : throw new ApiException(ApiError.BadRequest("invalid_value", "top_logprobs needs logprobs to be true.", "top_logprobs"));
    }

    private static void CheckModalities(JsonElement root)
    {
        if (root.TryGetProperty("modalities", out var kinds) && kinds.ValueKind != JsonValueKind.Null
            && !(kinds.ValueKind == JsonValueKind.Array && kinds.EnumerateArray().All(static kind => kind.ValueKind == JsonValueKind.String && kind.ValueEquals("text"u8))))
        {
            throw new ApiException(ApiError.BadRequest("unsupported_value", "modalities may hold text only.", "modalities"));
        }
    }
}
