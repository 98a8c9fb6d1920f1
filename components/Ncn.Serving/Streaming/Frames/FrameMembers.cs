using System.Text.Json;

namespace Ncn.Serving.Streaming.Frames;

/// <summary>The members of one frame while it is read. Members that are not known are passed over; one that comes twice is refused.</summary>
internal sealed class FrameMembers
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    public string? Id { get; private set; }

    public string? Type { get; private set; }

    public string? Method { get; private set; }

    public string? Path { get; private set; }

    public List<KeyValuePair<string, string>> Headers { get; } = [];

    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>In the base64 form of PAYMENT-SIGNATURE.</summary>
    public string? Payment { get; private set; }

    public string? Request { get; private set; }

    public ulong? After { get; private set; }

    /// <summary>The first thing that is wrong; null when nothing is.</summary>
    public string? Problem { get; private set; }

    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="InvalidOperationException">A text in it is no text.</exception>
    public void Read(ReadOnlyMemory<byte> frame)
    {
        var reader = new Utf8JsonReader(frame.Span, new JsonReaderOptions { MaxDepth = FrameReader.MaxDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Problem = "A frame must be a JSON object.";
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!_seen.Add(name))
            {
                Problem ??= "A member of the frame comes twice.";
            }

            ReadMember(name, ref reader, frame);
        }

        while (reader.Read())
        {
            // What follows the object must be nothing: the reader throws when it is not.
        }
    }

    private void ReadMember(string name, ref Utf8JsonReader reader, ReadOnlyMemory<byte> frame)
    {
        switch (name)
        {
            case "id":
                Id = Text(name, ref reader);
                break;
            case "type":
                Type = Text(name, ref reader);
                break;
            case "method":
                Method = Text(name, ref reader);
                break;
            case "path":
                Path = Text(name, ref reader);
                break;
            case "request":
                Request = Text(name, ref reader);
                break;
            case "after":
                After = Number(ref reader);
                break;
            case "headers":
                ReadHeaders(ref reader);
                break;
            case "body":
                SetBody(reader.TokenType == JsonTokenType.Null ? default : Raw(ref reader, frame));
                break;
            case "bodyBase64":
                SetBody(Bytes(ref reader));
                break;
            case "payment":
                Payment = reader.TokenType == JsonTokenType.StartObject ? Convert.ToBase64String(Raw(ref reader, frame).Span) : Text(name, ref reader);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private void SetBody(ReadOnlyMemory<byte> body)
    {
        if (_seen.Contains("body") && _seen.Contains("bodyBase64"))
        {
            Problem ??= "A frame has either body or bodyBase64.";
        }

        Body = body;
    }

    private void ReadHeaders(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Problem ??= "headers must be an object of strings.";
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (Text("headers." + (name.Length <= 64 ? name : name[..64]), ref reader) is { } value)
            {
                Add(name, value);
            }
        }
    }

    private void Add(string name, string value)
    {
        Problem ??= FrameHeaders.Problem(name, value)
            ?? (Headers.Count == FrameHeaders.MaxCount ? $"headers has more than {FrameHeaders.MaxCount} members."
                : Headers.Exists(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)) ? $"the header {name} comes twice."
                : null);
        if (Problem is null)
        {
            Headers.Add(new(name, value));
        }
    }

    private string? Text(string name, ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.Null:
                return null;
            default:
                Problem ??= $"{name} must be a string.";
                reader.Skip();
                return null;
        }
    }

    private ulong? Number(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out var number))
        {
            return number;
        }

        if (reader.TokenType != JsonTokenType.Null)
        {
            Problem ??= "after must be a whole number from 0.";
            reader.Skip();
        }

        return null;
    }

    private byte[]? Bytes(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out var bytes))
        {
            return bytes;
        }

        Problem ??= "bodyBase64 must be a string of base64.";
        reader.Skip();
        return null;
    }

    private static ReadOnlyMemory<byte> Raw(ref Utf8JsonReader reader, ReadOnlyMemory<byte> frame)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return frame[start..(int)reader.BytesConsumed];
    }
}
