using System.Text;

namespace Ncn.Serving.OpenAi.Tools;

/// <summary>
/// Finds tool calls in a model's output as it comes, whatever the family of its template: Hermes and Qwen mark a call by
/// <c>&lt;tool_call&gt;</c>, Llama 3 by <c>&lt;|python_tag|&gt;</c> or nothing, Mistral by <c>[TOOL_CALLS]</c>. Marks that are special tokens
/// have no text, so an answer that is JSON of a call is one too. What turns out to be no call of an offered tool is text.
/// </summary>
/// <remarks>Text flows at once, but for what may be the beginning of a mark. JSON is held until it ends or can be no call any more.</remarks>
public sealed class ToolCallReader
{
    private const string Closing = "</tool_call>";
    private static readonly string[] Marks = ["<tool_call>", "<|python_tag|>", "[TOOL_CALLS]"];

    private readonly ToolSet _tools;
    private readonly HashSet<string> _offered;
    private readonly StringBuilder _held = new();
    private State _state;
    private JsonExtent _extent;
    private int _scanned;
    private string _mark = "";

    internal ToolCallReader(ToolSet tools)
    {
        _tools = tools;
        _offered = [.. tools.Tools.Select(static tool => tool.Name)];
        _state = !tools.AreOffered ? State.NoTools : tools.Choice.Mode == ToolChoiceMode.Named ? State.Arguments : State.Start;
    }

    private enum State
    {
        /// <summary>Everything is text.</summary>
        NoTools,

        /// <summary>Everything is the arguments of the one tool that must be called.</summary>
        Arguments,

        /// <summary>Nothing but white space has come: JSON here may be a call.</summary>
        Start,

        /// <summary>Text, in which a mark may come.</summary>
        Text,

        /// <summary>Between a mark, or a call, and the JSON of the next call.</summary>
        BeforeCall,

        /// <summary>Within JSON that may be a call.</summary>
        InCall,
    }

    /// <summary>Calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>Takes the next piece of output.</summary>
    public void Push(string text, ICollection<ToolPart> parts)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(parts);
        if (text.Length == 0)
        {
            return;
        }

        switch (_state)
        {
            case State.NoTools:
                parts.Add(new ToolPart.Text(text));
                break;
            case State.Arguments:
                BeginNamed(parts);
                parts.Add(new ToolPart.Arguments(0, text));
                break;
            default:
                _held.Append(text);
                while (Step(parts))
                {
                }

                break;
        }
    }

    /// <summary>The output has ended: what is still held is text.</summary>
    public void Finish(ICollection<ToolPart> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (_state == State.BeforeCall && Calls > 0 && Closing.StartsWith(_held.ToString().Trim(), StringComparison.Ordinal))
        {
            _held.Clear();
        }

        Release(_held.Length, parts);
    }

    private void BeginNamed(ICollection<ToolPart> parts)
    {
        if (Calls == 0)
        {
            parts.Add(new ToolPart.Call(Calls++, _tools.Choice.Names![0]));
        }
    }

    // True when something was found and there may be more.
    private bool Step(ICollection<ToolPart> parts) => _state switch
    {
        State.Start => StepStart(parts),
        State.Text => StepText(parts),
        State.BeforeCall => StepBefore(parts),
        _ => StepCall(parts),
    };

    private bool StepStart(ICollection<ToolPart> parts)
    {
        var at = FirstLetter(0);
        if (at < 0)
        {
            return false;
        }

        if (MayBeMark(_held.ToString(at, _held.Length - at)))
        {
            return TakeMark(at);
        }

        if (_held[at] is '{' or '[')
        {
            return BeginJson();
        }

        _state = State.Text;
        return StepText(parts);
    }

    private bool StepText(ICollection<ToolPart> parts)
    {
        var text = _held.ToString();
        for (var at = text.AsSpan().IndexOfAny('<', '['); at >= 0;)
        {
            if (MayBeMark(text[at..]))
            {
                Release(at, parts);
                return TakeMark(0);
            }

            var next = text.AsSpan(at + 1).IndexOfAny('<', '[');
            at = next < 0 ? -1 : at + 1 + next;
        }

        Release(_held.Length, parts);
        return false;
    }

    // Between calls come white space, a closing mark, the next mark, or a separator; anything else is text again.
    private bool StepBefore(ICollection<ToolPart> parts)
    {
        var at = FirstLetter(0);
        if (at < 0)
        {
            return false;
        }

        var rest = _held.ToString(at, _held.Length - at);
        if (rest[0] is '{' or '[' && !MayBeMark(rest))
        {
            _held.Remove(0, at);
            return BeginJson();
        }

        if (Calls > 0 && rest[0] is ';' or ',')
        {
            _held.Remove(0, at + 1);
            return true;
        }

        if (rest.StartsWith(Closing, StringComparison.Ordinal))
        {
            return Forget(at + Closing.Length);
        }

        if (MayBeMark(rest))
        {
            return TakeMark(at);
        }

        if (Closing.StartsWith(rest, StringComparison.Ordinal))
        {
            return false;
        }

        _state = State.Text;
        return StepText(parts);
    }

    private bool StepCall(ICollection<ToolPart> parts)
    {
        for (; _scanned < _held.Length; _scanned++)
        {
            if (_extent.Ends(_held[_scanned]))
            {
                _scanned++;
                return EndJson(parts);
            }
        }

        if (!ToolCallForm.CanBecomeCall(_held.ToString(0, Math.Min(_held.Length, 64))))
        {
            return NoCall(parts);
        }

        return false;
    }

    private bool EndJson(ICollection<ToolPart> parts)
    {
        var json = _held.ToString(0, _scanned);
        if (ToolCallForm.Read(json, _offered) is not { } calls)
        {
            return NoCall(parts);
        }

        _held.Remove(0, _scanned);
        _mark = "";
        foreach (var (name, arguments) in calls)
        {
            if (Calls == 0 || _tools.IsParallel != false)
            {
                parts.Add(new ToolPart.Call(Calls, name));
                parts.Add(new ToolPart.Arguments(Calls++, arguments));
            }
        }

        _state = State.BeforeCall;
        return true;
    }

    private bool NoCall(ICollection<ToolPart> parts)
    {
        Release(_scanned, parts);
        _state = State.Text;
        return _held.Length > 0;
    }

    private bool BeginJson()
    {
        (_state, _scanned, _extent) = (State.InCall, 0, default);
        _scanned = Math.Max(0, FirstLetter(0));
        return true;
    }

    // A mark is kept until the call that it announces is there: without one it was text.
    private bool TakeMark(int at)
    {
        var rest = _held.ToString(at, _held.Length - at);
        if (Array.Find(Marks, mark => rest.StartsWith(mark, StringComparison.Ordinal)) is not { } found)
        {
            return false;
        }

        (_state, _mark) = (State.BeforeCall, _mark + found);
        return Forget(at + found.Length);
    }

    private bool Forget(int length)
    {
        _held.Remove(0, length);
        return _held.Length > 0;
    }

    private static bool MayBeMark(string text) =>
        Array.Exists(Marks, mark => text.Length < mark.Length ? mark.StartsWith(text, StringComparison.Ordinal) : text.StartsWith(mark, StringComparison.Ordinal));

    private int FirstLetter(int from)
    {
        for (var at = from; at < _held.Length; at++)
        {
            if (!char.IsWhiteSpace(_held[at]))
            {
                return at;
            }
        }

        return -1;
    }

    private void Release(int length, ICollection<ToolPart> parts)
    {
        if (length + _mark.Length > 0)
        {
            parts.Add(new ToolPart.Text(_mark + _held.ToString(0, length)));
            _held.Remove(0, length);
            _mark = "";
        }
    }
}
