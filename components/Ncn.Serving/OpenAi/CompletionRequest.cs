using System.Collections.Frozen;
using System.Text.Json;
using Ncn.Payments.Pricing;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;
using Ncn.Serving.Requests;
using Ncn.Serving.Routing;

namespace Ncn.Serving.OpenAi;

/// <summary>A checked request for completions of plain text (OpenAI API reference, "Create completion"): no template stands around the prompt.</summary>
/// <param name="Prompts">Each is completed <paramref name="PerPrompt"/> times; choices are numbered prompt by prompt.</param>
public sealed record CompletionRequest(
    string Model, IReadOnlyList<TextPrompt> Prompts, int PerPrompt, Sampling Sampling, bool Stream, bool IncludeUsage)
{
    private const int DefaultMaxTokens = 16; // OpenAI's default for this endpoint
    private const int MaxLogprobs = 5;

    private static readonly FrozenSet<string> Known = FrozenSet.ToFrozenSet(
    [
        "model", "prompt", "max_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty", "logit_bias",
        "stop", "seed", "stream", "stream_options", "n", "best_of", "logprobs", "user", "provider", "models", "ncn",
    ]);

    /// <summary>Who may answer it.</summary>
    public ModelChoice Choice { get; init; } = ModelChoice.Of(Model);

    /// <summary>Choices in the answer.</summary>
    public int Choices => Prompts.Count * PerPrompt;

    /// <summary>Whether the client wants each piece's signed commitment.</summary>
    public bool WithCommitments { get; init; }

    /// <summary>The most that one choice can use.</summary>
    public Usage Limit => new(Prompts.Max(static prompt => prompt.TokenBound), Sampling.MaxTokens, 0);

    /// <summary>What nodes get, one for each choice.</summary>
    public IReadOnlyList<Input> ToInputs() => [.. Prompts.SelectMany(prompt => Enumerable.Repeat(ToInput(prompt), PerPrompt))];

    /// <summary>Parses and checks a body; an <see cref="ApiException"/> names the member at fault.</summary>
    public static CompletionRequest Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonBody.Parse(body);
        var root = document.RootElement;
        RequestMembers.CheckKnown(root, Known);
        RequestMembers.Refuse(root, "suffix", "echo");
        RequestMembers.CheckPassive(root);
        var prompts = TextPrompt.ReadAll(root, "prompt", Order.MaxInputs);
        var perPrompt = (int)JsonBody.Integer(root, "n", 1, ChatRequest.MaxChoices, 1);
        CheckCount(root, prompts.Count, perPrompt);
        var sampling = Sampling.Parse(root, (uint)JsonBody.Integer(root, "max_tokens", 1, 1_000_000, DefaultMaxTokens)) with { TopLogprobs = ReadLogprobs(root) };
        var choice = ModelChoice.Read(root);
        return new CompletionRequest(
            choice.Model, prompts, perPrompt, sampling, JsonBody.Boolean(root, "stream"), ChatRequest.ReadIncludeUsage(root))
        {
            Choice = choice,
            WithCommitments = ChatRequest.ReadCommitments(root),
        };
    }

    private static void CheckCount(JsonElement root, int prompts, int perPrompt)
    {
        if (JsonBody.Integer(root, "best_of", 1, 20, perPrompt) != perPrompt)
        {
            throw new ApiException(ApiError.BadRequest("unsupported_value", "best_of must be n: every answer that is made is paid for, so every one is given.", "best_of"));
        }

        if (prompts * perPrompt > Order.MaxInputs)
        {
            throw new ApiException(ApiError.BadRequest(
                "invalid_value", $"prompt and n ask for {prompts * perPrompt} answers; at most {Order.MaxInputs} are given at once.", perPrompt > 1 ? "n" : "prompt"));
        }
    }

    private static uint? ReadLogprobs(JsonElement root) =>
        root.TryGetProperty("logprobs", out var logprobs) && logprobs.ValueKind != JsonValueKind.Null
            ? (uint)JsonBody.Integer(root, "logprobs", 0, MaxLogprobs, 0) : null;

    private Input ToInput(TextPrompt prompt)
    {
        var generate = Sampling.ToInput();
        prompt.WriteTo(generate);
        return new Input { Generate = generate };
    }
}
