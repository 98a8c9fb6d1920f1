using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ncn.Serving.Answers;

namespace Ncn.Serving.OpenAi.Writing;

/// <summary>Writes JSON texts one after another into one buffer that lives as long as its stream.</summary>
/// <remarks>What <see cref="Take"/> gives stays as it is until the next <see cref="Begin"/>; writing it allocates nothing once the buffer has grown.</remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A writer over a buffer of its owner holds nothing that must be freed.")]
internal sealed class EventBuffer
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _bytes = new(1024);
    private readonly List<(string? Name, int From, int To)> _texts = new(4);
    private readonly Utf8JsonWriter _writer;

    public EventBuffer() => _writer = new Utf8JsonWriter(_bytes, Options);

    /// <summary>Forgets what was written.</summary>
    public void Begin()
    {
        _bytes.ResetWrittenCount();
        _texts.Clear();
    }

    /// <summary>Begins the next text.</summary>
    public Utf8JsonWriter Open()
    {
        _writer.Reset();
        return _writer;
    }

    /// <summary>Ends a text.</summary>
    /// <param name="name">The event's type; null for none.</param>
    public void Close(string? name = null)
    {
        _writer.Flush();
        _texts.Add((name, _texts.Count == 0 ? 0 : _texts[^1].To, _bytes.WrittenCount));
    }

    /// <summary>The texts since <see cref="Begin"/>.</summary>
    public IReadOnlyList<StreamEvent> Take()
    {
        var events = new StreamEvent[_texts.Count];
        for (var index = 0; index < events.Length; index++)
        {
            var (name, from, to) = _texts[index];
            events[index] = new StreamEvent(name, _bytes.WrittenMemory[from..to]);
        }

        return events;
    }

    /// <summary>One JSON text by itself.</summary>
    public static string Write(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(bytes, Options))
        {
            write(writer);
        }

        return System.Text.Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
