using Ncn.Inference;
using Ncn.Inference.Generation;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>
/// Reads a <see cref="GenerateInput"/> into the engine's request. On the wire 0 means what is usual, so that a gateway sends only what a
/// client asked for; every other value has to lie in its range, and the engine's own check says what does not.
/// </summary>
internal static class GenerationInput
{
    /// <summary>Longest conversation, in characters of JSON.</summary>
    private const int MaxMessageCharacters = 4 << 20;

    /// <exception cref="InferenceException">The input does not fit the model; the message says what.</exception>
    public static GenerationRequest Read(DecoderModel model, GenerateInput input, ulong seed)
    {
        Check(input);
        var request = new GenerationRequest
        {
            Prompt = Prompt(model, input),
            Committed = input.CommittedTokens.ToArray(),
            MaxTokens = (int)input.MaxTokens,
            Stop = input.Stop,
            StopTokens = input.StopTokens,
            Sampling = Sampling(input, seed),
            JsonSchema = input.JsonSchema.Length > 0 ? input.JsonSchema : null,
            TopLogprobs = input.Logprobs ? (int)input.TopLogprobs : null,
            Priority = (int)input.Priority,
        };
        return model.Problem(request) is { } problem ? throw problem : request;
    }

    /// <summary>What must hold before anything is copied or tokenised; the rest is checked with the request as a whole.</summary>
    private static void Check(GenerateInput input)
    {
        string? problem =
            input.MaxTokens is 0 or > int.MaxValue ? "max_tokens must be 1 or more."
            : input.MessagesJson.Length > 0 && input.Prompt.Length + input.PromptTokens.Count > 0 ? "messages and prompt cannot be given both."
            : input.Prompt.Length > 0 && input.PromptTokens.Count > 0 ? "the prompt cannot be given as text and as tokens."
            : input.MessagesJson.Length > MaxMessageCharacters ? $"messages has more than {MaxMessageCharacters} characters."
            : input.ToolsJson.Length > 0 && input.MessagesJson.Length == 0 ? "tools need messages: a plain prompt has no template."
            : input.TopK > int.MaxValue ? $"top_k is {input.TopK}, and must be at most {int.MaxValue}."
            : input.TopLogprobs > 0 && !input.Logprobs ? "top_logprobs needs logprobs."
            : input.TopLogprobs > MaxTopLogprobs ? $"top_logprobs is {input.TopLogprobs}, and must be at most {MaxTopLogprobs}."
            : input.Priority > MaxPriority ? $"priority is {input.Priority}, and must be at most {MaxPriority}."
            : input.LogitBias.Count > SamplingOptions.MaxBiases ? $"logit_bias has {input.LogitBias.Count} entries; at most {SamplingOptions.MaxBiases} are taken."
            : input.CommittedTokens.Count > input.MaxTokens ? $"there are {input.CommittedTokens.Count} committed tokens, more than max_tokens."
            : null;
        if (problem is not null)
        {
            throw InferenceException.Invalid(problem);
        }
    }

    private static int[] Prompt(DecoderModel model, GenerateInput input) => input.MessagesJson.Length > 0
        ? model.EncodeChat(ChatPrompt.Parse(input.MessagesJson, input.ToolsJson), isHeldToForm: input.JsonSchema.Length > 0)
        : input.PromptTokens.Count > 0 ? [.. input.PromptTokens] : model.Encode(input.Prompt);

    private static SamplingOptions Sampling(GenerateInput input, ulong seed) =>
        new(input.Temperature, (int)input.TopK, input.TopP == 0 ? 1 : input.TopP, seed)
        {
            MinP = input.MinP,
            RepetitionPenalty = input.RepetitionPenalty == 0 ? 1 : input.RepetitionPenalty,
            PresencePenalty = input.PresencePenalty,
            FrequencyPenalty = input.FrequencyPenalty,
            LogitBias = input.LogitBias.ToDictionary(pair => pair.Key, pair => (double)pair.Value),
        };

    private const uint MaxTopLogprobs = 20;
    private const uint MaxPriority = 9;
}
