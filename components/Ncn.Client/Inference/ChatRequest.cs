using System.Text.Json.Serialization;

namespace Ncn.Client.Inference;

/// <summary>One message of a chat.</summary>
/// <param name="Role">system, user or assistant.</param>
public sealed record ChatMessage(string Role, string Content);

/// <summary>A chat request in the OpenAI form.</summary>
/// <param name="MaxTokens">Most tokens to generate; it decides the price ceiling. Null takes the gateway's default.</param>
/// <param name="Temperature">0 is greedy.</param>
/// <param name="Seed">The same seed gives the same answer.</param>
public sealed record ChatRequest(
    string Model,
    IReadOnlyList<ChatMessage> Messages,
    [property: JsonPropertyName("max_tokens")] int? MaxTokens = null,
    double? Temperature = null,
    [property: JsonPropertyName("top_p")] double? TopP = null,
    long? Seed = null,
    IReadOnlyList<string>? Stop = null)
{
    /// <summary>A chat of one question.</summary>
    public static ChatRequest Ask(string model, string question) => new(model, [new ChatMessage("user", question)]);
}

/// <summary>Tokens that a request used.</summary>
public sealed record TokenUsage(
    [property: JsonPropertyName("prompt_tokens")] int PromptTokens,
    [property: JsonPropertyName("completion_tokens")] int CompletionTokens,
    [property: JsonPropertyName("total_tokens")] int TotalTokens);

/// <summary>A whole chat answer.</summary>
/// <param name="Network">Payment and receipt; null when the server is no NCN gateway.</param>
public sealed record ChatAnswer(string Content, string? FinishReason, TokenUsage? Usage, NcnMember? Network);

/// <summary>A piece of a streamed answer.</summary>
/// <param name="Text">New text; may be empty.</param>
/// <param name="FinishReason">In the last piece with text.</param>
/// <param name="Usage">Once, near the end.</param>
/// <param name="Network">Payment and receipt, once, at the end.</param>
public sealed record ChatPiece(string Text, string? FinishReason, TokenUsage? Usage, NcnMember? Network);
