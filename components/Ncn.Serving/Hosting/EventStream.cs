using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Protocol;
using Ncn.Serving.Answers;

namespace Ncn.Serving.Hosting;

/// <summary>Server-sent events without buffering (WHATWG HTML, section 9.2), with a sign of life while it is silent; ends with OpenAI's [DONE].</summary>
/// <remarks>Disposed before its endpoint returns: nothing is written afterwards.</remarks>
internal sealed class EventStream(HttpContext http) : IAsyncDisposable
{
    private const int MostDigits = 20;
    private readonly ArrayBufferWriter<byte> _frame = new(512);
    private RequestId _named;
    private byte[] _name = [];
    private EventPipe? _pipe;

    /// <summary>From now on whatever fails is told as an event, so that a sign of life may come before the first one.</summary>
    public void Begin() => Open().Begin();

    /// <summary>Writes one event; a client that has gone away is not an error here, the run notices by itself.</summary>
    public async Task WriteAsync(object data, JsonSerializerOptions json)
    {
        var pipe = Open();
        if (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(data, json);
        var frame = new byte[body.Length + 8];
        "data: "u8.CopyTo(frame);
        body.CopyTo(frame, 6);
        "\n\n"u8.CopyTo(frame.AsSpan(6 + body.Length));
        await pipe.SendAsync(frame);
    }

    /// <summary>Writes the events of one part of an answer; the last one carries the number from which a client goes on.</summary>
    public Task WriteAsync(RequestId request, long sequence, IEnumerable<StreamEvent> events)
    {
        if (_name.Length == 0 || _named != request)
        {
            (_named, _name) = (request, System.Text.Encoding.UTF8.GetBytes($"id: {request}:"));
        }

        return WriteAsync(events, sequence);
    }

    /// <summary>Writes events without an id.</summary>
    public Task WriteAsync(IEnumerable<StreamEvent> events) => WriteAsync(events, sequence: null);

    // The frame is sent before the next one is written over it.
    private async Task WriteAsync(IEnumerable<StreamEvent> events, long? sequence)
    {
        var pipe = Open();
        _frame.ResetWrittenCount();
        foreach (var each in events)
        {
            if (_frame.WrittenCount > 0)
            {
                _frame.Write("\n"u8);
            }

            _frame.Write(each.Name is null ? "data: "u8 : System.Text.Encoding.UTF8.GetBytes($"event: {each.Name}\ndata: "));
            _frame.Write(each.Data.Span);
            _frame.Write("\n"u8);
        }

        if (_frame.WrittenCount > 0 && !http.RequestAborted.IsCancellationRequested)
        {
            Close(sequence);
            await pipe.SendAsync(_frame.WrittenMemory);
        }
    }

    private void Close(long? sequence)
    {
        if (sequence is { } number)
        {
            _frame.Write(_name);
            var digits = _frame.GetSpan(MostDigits);
            System.Buffers.Text.Utf8Formatter.TryFormat(number, digits, out var written);
            _frame.Advance(written);
            _frame.Write("\n"u8);
        }

        _frame.Write("\n"u8);
    }

    /// <summary>Writes ready-made event bodies and ends.</summary>
    public async Task WriteStoredAsync(IEnumerable<JsonElement> events)
    {
        foreach (var body in events)
        {
            await WriteAsync(body, JsonSerializerOptions.Default);
        }

        await EndAsync();
    }

    /// <summary>Writes the last event; null for a protocol that has none.</summary>
    public async Task EndAsync(string? last = "[DONE]")
    {
        var pipe = Open();
        await (last is null ? pipe.DisposeAsync().AsTask() : pipe.SendAsync(System.Text.Encoding.UTF8.GetBytes($"data: {last}\n\n"), isLast: true));
    }

    public ValueTask DisposeAsync() => _pipe?.DisposeAsync() ?? default;

    private EventPipe Open() => _pipe ??= new EventPipe(http);
}
