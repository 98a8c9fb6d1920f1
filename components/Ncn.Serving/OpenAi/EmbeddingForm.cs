using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Ncn.Actors;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi.Writing;
using Ncn.Serving.Requests;

namespace Ncn.Serving.OpenAi;

/// <summary>The form of vectors of texts. What NCN adds is in <c>ncn</c>.</summary>
public sealed class EmbeddingForm : IAnswerForm
{
    public string Dialect => EmbeddingsEndpoint.Dialect;

    public StoredAnswer Whole(AnswerContext context, IReadOnlyList<RunPart> parts, AnswerCost cost)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(cost);
        var end = parts.OfType<RunPart.Finished>().Single();
        var vectors = EmbeddingVectors.Read(parts.OfType<RunPart.Tensors>().Single().Response, end.Rows)
            ?? throw new InvalidOperationException("The vectors were checked when they came, and cannot be read now.");
        var asBase64 = EmbeddingRequest.Parse(context.Body).AsBase64;
        var body = EventBuffer.Write(json => Write(json, context, vectors, asBase64, end, cost));
        return new StoredAnswer(200, body, StoredAnswers.Headers(context.Request, cost.Amount, cost.Settlement), cost.Amount, end.Evidence);
    }

    public string Error(ApiError error) => OpenAiError.Json(error);

    /// <summary>Vectors have no stream: the whole answer is the one event.</summary>
    public IEnumerable<StreamEvent> Replay(AnswerContext context, StoredAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return [new StreamEvent(null, Encoding.UTF8.GetBytes(answer.Body))];
    }

    public IAnswerEvents? Stream(AnswerContext context) => null;

    private static void Write(Utf8JsonWriter json, AnswerContext context, EmbeddingVectors vectors, bool asBase64, RunPart.Finished end, AnswerCost cost)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        for (var row = 0; row < vectors.Count; row++)
        {
            json.WriteStartObject();
            json.WriteString("object", "embedding");
            json.WriteNumber("index", row);
            WriteVector(json, vectors.Row(row), asBase64);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model", end.Offer.Name);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", end.PromptTokens);
        json.WriteNumber("total_tokens", end.PromptTokens);
        json.WriteString("cost", cost.Amount.ToString());
        json.WriteEndObject();
        AnswerHead.WriteEvidence(json, [end], cost);
        json.WriteEndObject();
    }

    private static void WriteVector(Utf8JsonWriter json, ReadOnlySpan<byte> vector, bool asBase64)
    {
        if (asBase64)
        {
            json.WriteBase64String("embedding", vector);
            return;
        }

        json.WriteStartArray("embedding");
        for (var at = 0; at < vector.Length; at += sizeof(float))
        {
            json.WriteNumberValue(BinaryPrimitives.ReadSingleLittleEndian(vector[at..]));
        }

        json.WriteEndArray();
    }
}
