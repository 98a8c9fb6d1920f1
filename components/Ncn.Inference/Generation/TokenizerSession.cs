using System.Text.Json;
using Microsoft.ML.OnnxRuntimeGenAI;

namespace Ncn.Inference.Generation;

/// <summary>A model's own tokenizer and chat template. Safe to call from several threads; calls take turns.</summary>
internal sealed class TokenizerSession(Model model) : IDisposable
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private readonly Lock _gate = new();
    private readonly Tokenizer _tokenizer = new(model);

    public int[] EndTokens()
    {
        lock (_gate)
        {
            return _tokenizer.GetEosTokenIds().ToArray();
        }
    }

    public int[] Encode(string text)
    {
        lock (_gate)
        {
            using Sequences sequences = _tokenizer.Encode(WithoutNull(text));
            return sequences[0].ToArray();
        }
    }

    public string Decode(ReadOnlyMemory<int> tokens)
    {
        lock (_gate)
        {
            return tokens.IsEmpty ? "" : _tokenizer.Decode(tokens.Span);
        }
    }

    public string ApplyTemplate(IReadOnlyList<ChatMessage> messages)
    {
        foreach (ChatMessage message in messages)
        {
            _ = WithoutNull(message.Role + message.Content);
        }

        string json = JsonSerializer.Serialize(messages, Web);
        try
        {
            lock (_gate)
            {
                return _tokenizer.ApplyChatTemplate(template_str: "", json, tools: "", add_generation_prompt: true);
            }
        }
        catch (OnnxRuntimeGenAIException exception)
        {
            throw new InferenceException(InferenceFault.InvalidRequest, "The model's chat template does not take these messages.", exception);
        }
    }

    public void Dispose() => _tokenizer.Dispose();

    /// <summary>The native side reads to the first NUL; what follows one must not be lost in silence.</summary>
    private static string WithoutNull(string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? throw InferenceException.Invalid("the prompt contains a NUL character") : text;
}
