using System.Text.Json;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi.Writing;

namespace Ncn.Serving.OpenAi;

/// <summary>A completion of plain text as the chunks of a stream. Events are valid until the next call.</summary>
internal sealed class CompletionEvents(AnswerContext context, CompletionRequest request) : IAnswerEvents
{
    private readonly EventBuffer _buffer = new();
    private readonly AnswerHead _head = AnswerHead.Of(context, CompletionForm.IdPrefix, CompletionForm.Kind);
    private readonly RunPart.Finished?[] _ends = new RunPart.Finished?[request.Choices];
    private readonly int[] _offsets = new int[request.Choices];
    private readonly bool _hasLogprobs = request.Sampling.TopLogprobs is not null;

    public string End => "[DONE]";

    public IEnumerable<StreamEvent> Write(RunPart part, AnswerCost? cost)
    {
        _buffer.Begin();
        switch (part)
        {
            case RunPart.Text piece:
                WriteText(piece);
                break;
            case RunPart.Finished end:
                WriteEnd(end, cost);
                break;
        }

        return _buffer.Take();
    }

    public IEnumerable<StreamEvent> Fail(ApiError error)
    {
        _buffer.Begin();
        OpenAiError.Write(_buffer.Open(), error);
        _buffer.Close();
        return _buffer.Take();
    }

    private void WriteText(RunPart.Text piece)
    {
        var commitment = request.WithCommitments ? piece.Commitment : null;
        var logprobs = _hasLogprobs ? piece.Logprobs ?? [] : null;
        if (piece.Content.Length == 0 && commitment is null && logprobs is not { Count: > 0 })
        {
            return;
        }

        var json = OpenChoice(piece.Choice, piece.Content, logprobs, null, null);
        _offsets[piece.Choice] += piece.Content.Length;
        Close(json, commitment);
    }

    private void WriteEnd(RunPart.Finished end, AnswerCost? cost)
    {
        _ends[end.Choice] = end;
        var isLast = Array.TrueForAll(_ends, static each => each is not null);
        var json = OpenChoice(end.Choice, "", null, CompletionForm.FinishReason(end), end.Offer);
        if (!isLast || request.IncludeUsage)
        {
            Close(json, null);
        }

        if (!isLast)
        {
            return;
        }

        if (request.IncludeUsage)
        {
            _head.Open(_buffer.Open(), end.Offer);
            json.WriteStartArray("choices");
            json.WriteEndArray();
        }

        var ends = Array.ConvertAll(_ends, static each => each!);
        var known = cost ?? throw new InvalidOperationException("The last part came without its cost.");
        AnswerHead.WriteUsage(json, ends, known);
        AnswerHead.WriteEvidence(json, ends, known);
        json.WriteEndObject();
        _buffer.Close();
    }

    private Utf8JsonWriter OpenChoice(int choice, string text, IReadOnlyList<TokenLogprobs>? logprobs, string? finishReason, ModelOffer? offer)
    {
        var json = _buffer.Open();
        _head.Open(json, offer);
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteString("text", text);
        json.WriteNumber("index", choice);
        CompletionForm.WriteLogprobs(json, logprobs, _offsets[choice]);
        json.WriteString("finish_reason", finishReason);
        json.WriteEndObject();
        json.WriteEndArray();
        return json;
    }

    private void Close(Utf8JsonWriter json, ChunkCommitment? commitment)
    {
        if (request.IncludeUsage)
        {
            json.WriteNull("usage");
        }

        CommitmentJson.Write(json, commitment);
        json.WriteEndObject();
        _buffer.Close();
    }
}
