using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Ncn.Protocol;
using Ncn.Serving.Answers;

namespace Ncn.Serving.Hosting;

/// <summary>Server-sent events without buffering (WHATWG HTML, section 9.2); ends with OpenAI's [DONE].</summary>
internal sealed class EventStream(HttpContext http)
{
    private const int MostDigits = 20;
    private readonly ArrayBufferWriter<byte> _frame = new(512);
    private RequestId _named;
    private byte[] _name = [];
    private bool _open;

    /// <summary>Writes one event; a client that has gone away is not an error here, the run notices by itself.</summary>
    public async Task WriteAsync(object data, JsonSerializerOptions json)
    {
        Open();
        if (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(data, json);
        var frame = new byte[body.Length + 8];
        "data: "u8.CopyTo(frame);
        body.CopyTo(frame, 6);
        "\n\n"u8.CopyTo(frame.AsSpan(6 + body.Length));
        await SendAsync(frame);
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
        Open();
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
            await SendAsync(_frame.WrittenMemory);
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
        Open();
        await (last is null ? Task.CompletedTask : SendAsync(System.Text.Encoding.UTF8.GetBytes($"data: {last}\n\n")));
    }

    private async Task SendAsync(ReadOnlyMemory<byte> frame)
    {
        try
        {
            await http.Response.Body.WriteAsync(frame, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client went away; RequestAborted tells the run, which stops the node and charges what was delivered.
        }
        catch (IOException) when (http.RequestAborted.IsCancellationRequested)
        {
            // As above.
        }
    }

    private void Open()
    {
        if (_open)
        {
            return;
        }

        _open = true;
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
    }
}
