using System.Text.Json;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi.Tools;
using Ncn.Serving.OpenAi.Writing;

namespace Ncn.Serving.OpenAi;

/// <summary>A chat completion as the chunks of a stream. Events are valid until the next call.</summary>
internal sealed class ChatEvents : IAnswerEvents
{
    private static readonly JsonEncodedText ChoicesName = JsonEncodedText.Encode("choices");
    private static readonly JsonEncodedText IndexName = JsonEncodedText.Encode("index");
    private static readonly JsonEncodedText DeltaName = JsonEncodedText.Encode("delta");
    private static readonly JsonEncodedText RoleName = JsonEncodedText.Encode("role");
    private static readonly JsonEncodedText ContentName = JsonEncodedText.Encode("content");
    private static readonly JsonEncodedText LogprobsName = JsonEncodedText.Encode("logprobs");
    private static readonly JsonEncodedText FinishName = JsonEncodedText.Encode("finish_reason");
    private static readonly JsonEncodedText UsageName = JsonEncodedText.Encode("usage");
    private static readonly JsonEncodedText AssistantRole = JsonEncodedText.Encode("assistant");

    private readonly EventBuffer _buffer = new();
    private readonly AnswerContext _context;
    private readonly ChatShape _shape;
    private readonly AnswerHead _head;
    private readonly ChatChoice[] _choices;

    public ChatEvents(AnswerContext context, ChatShape shape)
    {
        (_context, _shape, _head) = (context, shape, AnswerHead.Of(context, ChatForm.IdPrefix, "chat.completion.chunk"));
        _choices = new ChatChoice[shape.Choices];
        for (var index = 0; index < _choices.Length; index++)
        {
            _choices[index] = new ChatChoice(shape);
        }
    }

    public string End => "[DONE]";

    public IEnumerable<StreamEvent> Write(RunPart part, AnswerCost? cost)
    {
        _buffer.Begin();
        var choice = _choices[part.Choice];
        switch (part)
        {
            case RunPart.Text piece:
                WriteBegin(part.Choice, choice);
                WritePieces(part.Choice, choice, choice.Take(piece), Asked(piece.Commitment));
                break;
            case RunPart.Finished end:
                WriteBegin(part.Choice, choice);
                WritePieces(part.Choice, choice, choice.Finish(end), null);
                WriteEnd(part.Choice, choice, end.Offer, cost);
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

    private ChunkCommitment? Asked(ChunkCommitment? commitment) => _shape.WithCommitments ? commitment : null;

    private void WriteBegin(int index, ChatChoice choice)
    {
        if (choice.HasBegun)
        {
            return;
        }

        choice.HasBegun = true;
        var json = OpenChunk(index, null);
        json.WriteString(RoleName, AssistantRole);
        if (_shape.Tools.IsForced)
        {
            json.WriteNull(ContentName);
        }
        else
        {
            json.WriteString(ContentName, "");
        }

        CloseChunk(json, null, null);
    }

    private void WritePieces(int index, ChatChoice choice, IReadOnlyList<ToolPart> pieces, ChunkCommitment? commitment)
    {
        for (var at = 0; at < pieces.Count; at++)
        {
            var json = OpenChunk(index, null);
            WriteDelta(json, index, pieces[at]);
            var isText = pieces[at] is ToolPart.Text;
            CloseChunk(json, isText ? choice.Logprobs : null, null, at == pieces.Count - 1 ? commitment : null);
            if (isText)
            {
                choice.Logprobs.Clear();
            }
        }

        if (pieces.Count == 0 && commitment is not null)
        {
            CloseChunk(OpenChunk(index, null), null, null, commitment);
        }
    }

    private void WriteDelta(Utf8JsonWriter json, int choice, ToolPart piece)
    {
        switch (piece)
        {
            case ToolPart.Text text:
                json.WriteString(ContentName, text.Content);
                break;
            case ToolPart.Call call:
                OpenCall(json, call.Index);
                json.WriteString("id", ChatShape.CallId(_context, choice, call.Index));
                json.WriteString("type", "function");
                json.WriteStartObject("function");
                json.WriteString("name", call.Name);
                json.WriteString("arguments", "");
                CloseCall(json);
                break;
            case ToolPart.Arguments arguments:
                OpenCall(json, arguments.Index);
                json.WriteStartObject("function");
                json.WriteString("arguments", arguments.Delta);
                CloseCall(json);
                break;
        }
    }

    // The last of all choices carries what the whole answer used and cost, in a chunk of its own when the client asked for that.
    private void WriteEnd(int index, ChatChoice choice, ModelOffer offer, AnswerCost? cost)
    {
        var isLast = Array.TrueForAll(_choices, static each => each.End is not null);
        var json = OpenChunk(index, offer);
        CloseDelta(json, _shape.HasLogprobs && choice.Logprobs.Count > 0 ? choice.Logprobs : null, choice.FinishReason);
        if (!isLast || _shape.IncludeUsage)
        {
            CloseAnswer(json, null);
        }

        if (isLast)
        {
            WriteLast(json, offer, cost ?? throw new InvalidOperationException("The last part came without its cost."));
        }
    }

    private void WriteLast(Utf8JsonWriter json, ModelOffer offer, AnswerCost cost)
    {
        if (_shape.IncludeUsage)
        {
            _head.Open(_buffer.Open(), offer);
            json.WriteStartArray(ChoicesName);
            json.WriteEndArray();
        }

        var ends = Array.ConvertAll(_choices, static each => each.End!);
        AnswerHead.WriteUsage(json, ends, cost);
        if (_shape.ServiceTier is { } tier)
        {
            json.WriteString("service_tier", tier);
        }

        AnswerHead.WriteEvidence(json, ends, cost);
        json.WriteEndObject();
        _buffer.Close();
    }

    private static void OpenCall(Utf8JsonWriter json, int index)
    {
        json.WriteStartArray("tool_calls");
        json.WriteStartObject();
        json.WriteNumber(IndexName, index);
    }

    private static void CloseCall(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private Utf8JsonWriter OpenChunk(int index, ModelOffer? offer)
    {
        var json = _buffer.Open();
        _head.Open(json, offer);
        json.WriteStartArray(ChoicesName);
        json.WriteStartObject();
        json.WriteNumber(IndexName, index);
        json.WriteStartObject(DeltaName);
        return json;
    }

    private void CloseChunk(Utf8JsonWriter json, List<TokenLogprobs>? logprobs, string? finishReason, ChunkCommitment? commitment = null)
    {
        CloseDelta(json, logprobs is { Count: > 0 } ? logprobs : null, finishReason);
        CloseAnswer(json, commitment);
    }

    private static void CloseDelta(Utf8JsonWriter json, List<TokenLogprobs>? logprobs, string? finishReason)
    {
        json.WriteEndObject();
        if (logprobs is null)
        {
            json.WriteNull(LogprobsName);
        }
        else
        {
            LogprobsJson.WriteChat(json, logprobs);
        }

        json.WriteString(FinishName, finishReason);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void CloseAnswer(Utf8JsonWriter json, ChunkCommitment? commitment)
    {
        if (_shape.IncludeUsage)
        {
            json.WriteNull(UsageName);
        }

        CommitmentJson.Write(json, commitment);
        json.WriteEndObject();
        _buffer.Close();
    }
}
