using System.Text;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;
using Ncn.Serving.OpenAi.Tools;

namespace Ncn.Serving.OpenAi;

/// <summary>One choice as its pieces come: what of them is text, and what calls of tools.</summary>
internal sealed class ChatChoice(ChatShape shape)
{
    private readonly ToolCallReader _reader = shape.Tools.NewReader();
    private readonly List<ToolPart> _found = new(2);

    /// <summary>True once the choice's role was told.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Log-probabilities that no chunk has told yet.</summary>
    public List<TokenLogprobs> Logprobs { get; } = [];

    /// <summary>The choice's end; null while it runs.</summary>
    public RunPart.Finished? End { get; private set; }

    /// <summary>Why the choice ended, in OpenAI's words.</summary>
    public string FinishReason => End?.FinishReason == "length" ? "length" : _reader.Calls > 0 ? "tool_calls" : "stop";

    /// <summary>What a piece holds; valid until the next call.</summary>
    public IReadOnlyList<ToolPart> Take(RunPart.Text piece)
    {
        _found.Clear();
        if (shape.HasLogprobs && piece.Logprobs is { } logprobs)
        {
            Logprobs.AddRange(logprobs);
        }

        _reader.Push(piece.Content, _found);
        return _found;
    }

    /// <summary>What was held back; valid until the next call.</summary>
    public IReadOnlyList<ToolPart> Finish(RunPart.Finished end)
    {
        _found.Clear();
        End = end;
        _reader.Finish(_found);
        return _found;
    }
}

/// <summary>One whole choice.</summary>
internal sealed class ChatMessageParts(ChatShape shape)
{
    private readonly ChatChoice _choice = new(shape);
    private readonly StringBuilder _text = new();
    private readonly List<(string Name, StringBuilder Arguments)> _calls = [];

    public string Text => _text.ToString();

    public IReadOnlyList<(string Name, string Arguments)> Calls => [.. _calls.Select(static call => (call.Name, call.Arguments.ToString()))];

    public IReadOnlyList<TokenLogprobs> Logprobs => _choice.Logprobs;

    public RunPart.Finished? End => _choice.End;

    public string FinishReason => _choice.FinishReason;

    public void Add(RunPart part)
    {
        var found = part switch
        {
            RunPart.Text piece => _choice.Take(piece),
            RunPart.Finished end => _choice.Finish(end),
            _ => [],
        };
        foreach (var piece in found)
        {
            Add(piece);
        }
    }

    private void Add(ToolPart piece)
    {
        switch (piece)
        {
            case ToolPart.Text text:
                _text.Append(text.Content);
                break;
            case ToolPart.Call call:
                _calls.Add((call.Name, new StringBuilder()));
                break;
            case ToolPart.Arguments arguments:
                _calls[arguments.Index].Arguments.Append(arguments.Delta);
                break;
        }
    }
}
