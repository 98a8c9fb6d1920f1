using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi.Tools;

namespace Ncn.Serving.Responses;

/// <summary>A response as typed events with rising <c>sequence_number</c>: the same events each time that the same parts are written.</summary>
/// <remarks>
/// 1. response.created and response.in_progress; 2. for each output item: output_item.added, its deltas, its done events; 3. response.completed,
/// response.incomplete, response.cancelled or response.failed. One item is open at a time.
/// </remarks>
internal sealed class ResponseEvents(AnswerContext context, JsonObject members, ToolSet tools) : IAnswerEvents
{
    private readonly ToolCallReader _reader = tools.NewReader();
    private readonly List<ToolPart> _found = new(2);
    private readonly List<StreamEvent> _events = new(4);
    private readonly JsonArray _output = [];
    private readonly StringBuilder _text = new();
    private JsonObject? _item;
    private int _sequence;

    public string? End => null;

    /// <summary>The response as it stands.</summary>
    public JsonObject Response { get; } = ResponseObject.Of(context, members, "in_progress");

    private bool IsMessage => ResponseItems.Text(_item!, "type") == "message";

    private int Index => _output.Count;

    public IEnumerable<StreamEvent> Write(RunPart part, AnswerCost? cost)
    {
        Begin();
        _found.Clear();
        switch (part)
        {
            case RunPart.Text piece:
                _reader.Push(piece.Content, _found);
                _found.ForEach(Take);
                break;
            case RunPart.Finished end:
                Close();
                ResponseObject.End(Response, end, _output, cost ?? throw new InvalidOperationException("The end of a response came without its cost."));
                Tell($"response.{ResponseItems.Text(Response, "status")}", ("response", Response.DeepClone()));
                break;
        }

        return [.. _events];
    }

    public IEnumerable<StreamEvent> Fail(ApiError error)
    {
        Begin();
        ResponseObject.Fail(Response, error.Code, error.Message);
        Tell("response.failed", ("response", Response.DeepClone()));
        return [.. _events];
    }

    /// <summary>The events that end a response that was told before.</summary>
    public IEnumerable<StreamEvent> Finish(JsonObject told)
    {
        Begin();
        Close();
        Tell($"response.{ResponseItems.Text(told, "status")}", ("response", told.DeepClone()));
        return [.. _events];
    }

    private void Begin()
    {
        _events.Clear();
        if (_sequence == 0)
        {
            Tell("response.created", ("response", Response.DeepClone()));
            Tell("response.in_progress", ("response", Response.DeepClone()));
        }
    }

    // What was held back comes first; an answer of nothing at all is an empty message.
    private void Close()
    {
        _found.Clear();
        _reader.Finish(_found);
        _found.ForEach(Take);
        if (_output.Count == 0 && _item is null)
        {
            OpenMessage();
        }

        CloseItem();
    }

    private void Take(ToolPart part)
    {
        switch (part)
        {
            case ToolPart.Text { Content.Length: > 0 } text when _item is not null || _output.Count == 0 || !string.IsNullOrWhiteSpace(text.Content):
                Say(text.Content);
                break;
            case ToolPart.Call call:
                CloseItem();
                OpenCall(call);
                break;
            case ToolPart.Arguments arguments:
                _text.Append(arguments.Delta);
                Tell("response.function_call_arguments.delta", ("item_id", Id()), ("output_index", Index), ("delta", arguments.Delta));
                break;
        }
    }

    private void Say(string text)
    {
        if (_item is not null && !IsMessage)
        {
            CloseItem();
        }

        if (_item is null)
        {
            OpenMessage();
        }

        _text.Append(text);
        Tell(
            "response.output_text.delta", ("item_id", Id()), ("output_index", Index), ("content_index", 0), ("delta", text), ("logprobs", new JsonArray()));
    }

    private void OpenMessage()
    {
        _item = new JsonObject
        {
            ["type"] = "message", ["id"] = ItemId("msg"), ["status"] = "in_progress", ["role"] = "assistant", ["content"] = new JsonArray(),
        };
        Tell("response.output_item.added", ("output_index", Index), ("item", _item.DeepClone()));
        Tell("response.content_part.added", ("item_id", Id()), ("output_index", Index), ("content_index", 0), ("part", Part("")));
    }

    private void OpenCall(ToolPart.Call call)
    {
        _item = new JsonObject
        {
            ["type"] = "function_call", ["id"] = ItemId("fc"), ["call_id"] = ItemId("call"), ["name"] = call.Name, ["arguments"] = "", ["status"] = "in_progress",
        };
        Tell("response.output_item.added", ("output_index", Index), ("item", _item.DeepClone()));
    }

    private void CloseItem()
    {
        if (_item is null)
        {
            return;
        }

        var text = _text.ToString();
        _text.Clear();
        if (IsMessage)
        {
            _item["content"]!.AsArray().Add(Part(text));
            Tell(
                "response.output_text.done", ("item_id", Id()), ("output_index", Index), ("content_index", 0), ("text", text), ("logprobs", new JsonArray()));
            Tell("response.content_part.done", ("item_id", Id()), ("output_index", Index), ("content_index", 0), ("part", Part(text)));
        }
        else
        {
            _item["arguments"] = text;
            Tell(
                "response.function_call_arguments.done", ("item_id", Id()), ("output_index", Index), ("name", _item["name"]!.DeepClone()), ("arguments", text));
        }

        _item["status"] = "completed";
        Tell("response.output_item.done", ("output_index", Index), ("item", _item.DeepClone()));
        _output.Add(_item);
        _item = null;
    }

    private string Id() => ResponseItems.Text(_item!, "id")!;

    private string ItemId(string prefix) => $"{prefix}_{context.Request.ToString()[2..34]}{Index:x2}";

    private static JsonObject Part(string text) =>
        new() { ["type"] = "output_text", ["text"] = text, ["annotations"] = new JsonArray(), ["logprobs"] = new JsonArray() };

    private void Tell(string type, params ReadOnlySpan<(string Name, JsonNode? Value)> about)
    {
        var told = new JsonObject { ["type"] = type, ["sequence_number"] = _sequence++ };
        foreach (var (name, value) in about)
        {
            told[name] = value;
        }

        _events.Add(new StreamEvent(type, JsonSerializer.SerializeToUtf8Bytes(told)));
    }
}

/// <summary>Events from one number on: a reader that comes back has those before.</summary>
internal sealed class LaterEvents(IAnswerEvents all, long after) : IAnswerEvents
{
    private long _next;

    public string? End => all.End;

    public IEnumerable<StreamEvent> Write(RunPart part, AnswerCost? cost) => Later(all.Write(part, cost));

    public IEnumerable<StreamEvent> Fail(ApiError error) => Later(all.Fail(error));

    private StreamEvent[] Later(IEnumerable<StreamEvent> events) => [.. events.Where(_ => _next++ > after)];
}
