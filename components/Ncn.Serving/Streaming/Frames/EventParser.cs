using System.Buffers;
using System.Text;

namespace Ncn.Serving.Streaming.Frames;

/// <summary>One server-sent event.</summary>
/// <param name="Id">Its field id; null without one.</param>
/// <param name="Name">Its field event; null without one.</param>
/// <param name="Data">Its data, lines joined by line feeds.</param>
internal sealed record ServerEvent(string? Id, string? Name, ReadOnlyMemory<byte> Data);

/// <summary>Cuts a stream of server-sent events (WHATWG HTML, section 9.2) into events, however it is chopped up. Pure.</summary>
/// <param name="maxBytes">Most bytes of one event; beyond, <see cref="Add"/> throws <see cref="InvalidDataException"/>.</param>
internal sealed class EventParser(int maxBytes)
{
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly ArrayBufferWriter<byte> _data = new();
    private string? _id;
    private string? _name;
    private bool _hasData;

    /// <summary>The events that these bytes complete. Their data is a copy.</summary>
    public IReadOnlyList<ServerEvent> Add(ReadOnlySpan<byte> bytes)
    {
        List<ServerEvent>? events = null;
        while (bytes.Length > 0)
        {
            var end = bytes.IndexOf((byte)'\n');
            var part = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? [] : bytes[(end + 1)..];
            if (_line.WrittenCount + _data.WrittenCount + part.Length > maxBytes)
            {
                throw new InvalidDataException($"An event has more than {maxBytes} bytes.");
            }

            _line.Write(part);
            if (end >= 0 && EndLine() is { } complete)
            {
                (events ??= []).Add(complete);
            }
        }

        return events ?? (IReadOnlyList<ServerEvent>)[];
    }

    private ServerEvent? EndLine()
    {
        var line = _line.WrittenSpan;
        line = line is [.., (byte)'\r'] ? line[..^1] : line;
        if (line.IsEmpty)
        {
            _line.ResetWrittenCount();
            return EndEvent();
        }

        var colon = line.IndexOf((byte)':');
        var field = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? [] : line[(colon + 1)..];
        SetField(field, value is [(byte)' ', ..] ? value[1..] : value);
        _line.ResetWrittenCount();
        return null;
    }

    private void SetField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (field.SequenceEqual("data"u8))
        {
            if (_hasData)
            {
                _data.Write("\n"u8);
            }

            _hasData = true;
            _data.Write(value);
        }
        else if (field.SequenceEqual("id"u8))
        {
            _id = Encoding.UTF8.GetString(value);
        }
        else if (field.SequenceEqual("event"u8))
        {
            _name = Encoding.UTF8.GetString(value);
        }
    }

    // An event without data is none: a comment, say, that keeps the connection open.
    private ServerEvent? EndEvent()
    {
        var complete = _hasData ? new ServerEvent(_id, _name, _data.WrittenSpan.ToArray()) : null;
        _data.ResetWrittenCount();
        (_id, _name, _hasData) = (null, null, false);
        return complete;
    }
}
