using System.Text;
using System.Text.Json;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.OpenAi.Writing;

/// <summary>Log-probabilities in OpenAI's two forms. A token is told with its bytes, since it need not be whole characters.</summary>
internal static class LogprobsJson
{
    // OpenAI's figure for what is as good as impossible; JSON has no infinity.
    private const float Floor = -9999;

    /// <summary>Chat's form: <c>{"content": [{token, logprob, bytes, top_logprobs}], "refusal": null}</c>.</summary>
    public static void WriteChat(Utf8JsonWriter json, IReadOnlyList<TokenLogprobs> tokens)
    {
        json.WriteStartObject("logprobs");
        json.WriteStartArray("content");
        foreach (var token in tokens)
        {
            json.WriteStartObject();
            WriteToken(json, token.Text.Span, token.Logprob);
            json.WriteStartArray("top_logprobs");
            foreach (var other in token.Top)
            {
                json.WriteStartObject();
                WriteToken(json, other.Text.Span, other.Logprob);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("refusal");
        json.WriteEndObject();
    }

    /// <summary>The form of completions: parallel arrays, with each token's place in the text.</summary>
    /// <param name="offset">Characters of the text before the first token.</param>
    public static void WriteCompletion(Utf8JsonWriter json, IReadOnlyList<TokenLogprobs> tokens, int offset)
    {
        json.WriteStartObject("logprobs");
        WriteArray(json, "tokens", tokens, static (json, token) => json.WriteStringValue(TextOf(token.Text.Span)));
        WriteArray(json, "token_logprobs", tokens, static (json, token) => json.WriteNumberValue(Finite(token.Logprob)));
        WriteArray(json, "top_logprobs", tokens, WriteTop);
        WriteArray(json, "text_offset", tokens, (json, token) =>
        {
            json.WriteNumberValue(offset);
            offset += TextOf(token.Text.Span).Length;
        });
        json.WriteEndObject();
    }

    private static void WriteArray(Utf8JsonWriter json, string name, IReadOnlyList<TokenLogprobs> tokens, Action<Utf8JsonWriter, TokenLogprobs> write)
    {
        json.WriteStartArray(name);
        foreach (var token in tokens)
        {
            write(json, token);
        }

        json.WriteEndArray();
    }

    // Tokens whose bytes are no whole characters can have the same text: of those the likeliest is told.
    private static void WriteTop(Utf8JsonWriter json, TokenLogprobs token)
    {
        json.WriteStartObject();
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var other in token.Top)
        {
            if (told.Add(TextOf(other.Text.Span)))
            {
                json.WriteNumber(TextOf(other.Text.Span), Finite(other.Logprob));
            }
        }

        json.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter json, ReadOnlySpan<byte> text, float logprob)
    {
        json.WriteString("token", TextOf(text));
        json.WriteNumber("logprob", Finite(logprob));
        json.WriteStartArray("bytes");
        foreach (var part in text)
        {
            json.WriteNumberValue(part);
        }

        json.WriteEndArray();
    }

    private static float Finite(float logprob) => float.IsFinite(logprob) ? Math.Max(logprob, Floor) : Floor;

    private static string TextOf(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);
}
