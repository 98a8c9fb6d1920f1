using System.Text;
using Microsoft.ML.OnnxRuntimeGenAI;
using Ncn.Inference.Generation.Constraints;

namespace Ncn.Inference.Generation;

/// <summary>A model's own tokenizer and chat template. Safe to call from several threads; calls take turns.</summary>
internal sealed class TokenizerSession : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Tokenizer _tokenizer;
    private readonly int[] _endTokens;

    /// <param name="model">The loaded model.</param>
    /// <param name="folder">Its folder.</param>
    /// <param name="vocabulary">Number of token ids.</param>
    /// <exception cref="InvalidDataException"><c>tokenizer.json</c> cannot be read; the message says why.</exception>
    public TokenizerSession(Model model, string folder, int vocabulary)
    {
        _tokenizer = new LibraryTokenizer(model);
        try
        {
            _endTokens = _tokenizer.GetEosTokenIds().ToArray();
            Vocabulary = File.Exists(Path.Combine(folder, TokenizerFile.Name)) ? TokenizerFile.Read(folder, vocabulary) : DecodedOneByOne(vocabulary);
            Constraints = new JsonConstraints(Vocabulary, _endTokens);
        }
        catch
        {
            _tokenizer.Dispose();
            throw;
        }
    }

    /// <summary>The bytes of each token; null only while it is being made.</summary>
    public TokenVocabulary Vocabulary { get; }

    /// <summary>Schemas for this model.</summary>
    public JsonConstraints Constraints { get; }

    public IReadOnlyList<int> EndTokens => _endTokens;

    /// <summary>The progress of a completion before its first token, with the constraint that the request asks for.</summary>
    /// <exception cref="InferenceException">The request's schema cannot be used.</exception>
    public CompletionProgress Follow(GenerationRequest request) => new(
        request, _endTokens, Decode, request.JsonSchema is null ? null : Constraints.Start(request.JsonSchema, request.StopTokens));

    public int[] Encode(string text)
    {
        lock (_gate)
        {
            using Sequences sequences = _tokenizer.Encode(WithoutNull(text));
            return sequences[0].ToArray();
        }
    }

    /// <summary>
    /// The text of tokens. The native side loses what follows a NUL, or bytes that form no character, and sampled tokens hold both: where
    /// the text is nothing but the tokens' bytes, it is put together here.
    /// </summary>
    public string Decode(ReadOnlyMemory<int> tokens)
    {
        if (Vocabulary is { IsByteLevel: true })
        {
            return Vocabulary.Decode(tokens.Span);
        }

        lock (_gate)
        {
            return tokens.IsEmpty ? "" : _tokenizer.Decode(tokens.Span);
        }
    }

    /// <summary>The text of a conversation, ready for the answer.</summary>
    /// <param name="isHeldToForm">
    /// True when a schema holds the answer to its form: a call then needs no template that teaches the model how to write one, and a
    /// template that knows no tools gets them as text.
    /// </param>
    /// <exception cref="InferenceException">The template does not take these messages, or leaves the tools or tool calls out.</exception>
    public string ApplyTemplate(ChatPrompt prompt, bool isHeldToForm = false)
    {
        if (HasEscapedNull(prompt.MessagesJson) || HasEscapedNull(prompt.ToolsJson))
        {
            throw NullCharacter();
        }

        string text = Apply(prompt.MessagesJson, prompt.ToolsJson);
        if (prompt.ToolsJson.Length > 0 && text == Apply(prompt.MessagesJson, ""))
        {
            return isHeldToForm
                ? ApplyTemplate(prompt.WithToolsAsText())
                : throw InferenceException.Invalid("The model's chat template knows no tools: force a call by 'tool_choice', leave 'tools' out, or ask another model.");
        }

        return prompt.HasToolCalls && text == Apply(prompt.WithoutToolCalls().MessagesJson, prompt.ToolsJson)
            ? throw InferenceException.Invalid("The model's chat template leaves tool_calls out of the conversation: ask another model.")
            : text;
    }

    public void Dispose() => _tokenizer.Dispose();

    private string Apply(string messages, string tools)
    {
        try
        {
            lock (_gate)
            {
                return _tokenizer.ApplyChatTemplate(template_str: "", messages, tools, add_generation_prompt: true);
            }
        }
        catch (OnnxRuntimeGenAIException exception)
        {
            throw new InferenceException(InferenceFault.InvalidRequest, "The model's chat template does not take these messages.", exception);
        }
    }

    /// <summary>Without a tokenizer.json: what each token decodes to by itself. Parts of characters stay unknown.</summary>
    private TokenVocabulary DecodedOneByOne(int vocabulary) => new(
        [.. Enumerable.Range(0, vocabulary).Select(token => Decode(new[] { token })).Select(text => text.Contains('\uFFFD') ? [] : Encoding.UTF8.GetBytes(text))],
        special: []);

    /// <summary>The native side reads to the first NUL; what follows one must not be lost in silence.</summary>
    private static string WithoutNull(string text) => text.Contains('\0', StringComparison.Ordinal) ? throw NullCharacter() : text;

    /// <summary>True when the JSON has the escape of a NUL, and not the text of one behind an escaped backslash.</summary>
    private static bool HasEscapedNull(string json)
    {
        for (int at = json.IndexOf("\\u0000", StringComparison.Ordinal); at >= 0; at = json.IndexOf("\\u0000", at + 1, StringComparison.Ordinal))
        {
            int backslashes = json.AsSpan(0, at + 1).Length - json.AsSpan(0, at + 1).TrimEnd('\\').Length;
            if (backslashes % 2 == 1)
            {
                return true;
            }
        }

        return false;
    }

    private static InferenceException NullCharacter() => InferenceException.Invalid("the prompt contains a NUL character");
}
