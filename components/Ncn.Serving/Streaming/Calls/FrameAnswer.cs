using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Ncn.Serving.Streaming.Frames;

namespace Ncn.Serving.Streaming.Calls;

/// <summary>An endpoint's answer as frames: an event stream becomes one frame for each event, anything else one frame at the end.</summary>
/// <param name="send">Sends one frame; it is awaited, so a slow client slows the endpoint down.</param>
/// <param name="maxBytes">Largest whole answer, and largest event.</param>
internal sealed class FrameAnswer(FrameWriter frames, Func<ReadOnlyMemory<byte>, Task> send, int maxBytes) : IHttpResponseFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = [];
    private readonly Stack<(Func<object, Task> Callback, object State)> _completed = [];
    private readonly EventParser _events = new(maxBytes);
    private readonly ArrayBufferWriter<byte> _whole = new();
    private StreamResponseBodyFeature? _body;
    private ulong _sent;
    private bool _isStream;

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public Stream Body
    {
        get => BodyFeature.Stream;
        set => throw new NotSupportedException("The body of a frame's answer cannot be replaced.");
    }

    public bool HasStarted { get; private set; }

    public StreamResponseBodyFeature BodyFeature => _body ??= new StreamResponseBodyFeature(new FrameBody(StartAsync, WriteAsync));

    public void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    public void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

    /// <summary>The endpoint has returned: sends what ends the request.</summary>
    public async Task EndAsync()
    {
        await BodyFeature.CompleteAsync();
        await StartAsync();
        await send(Last());
        while (_completed.TryPop(out var callback))
        {
            await callback.Callback(callback.State);
        }
    }

    private ReadOnlyMemory<byte> Last()
    {
        var body = _whole.WrittenMemory;
        return _isStream ? frames.Done(StatusCode)
            : StatusCode == StatusCodes.Status402PaymentRequired ? frames.PaymentRequired(StatusCode, Headers, body)
            : StatusCode < 400 ? frames.Done(StatusCode, Headers, body)
            : frames.Error(StatusCode, Headers, body);
    }

    private async Task StartAsync()
    {
        if (HasStarted)
        {
            return;
        }

        while (_starting.TryPop(out var callback))
        {
            await callback.Callback(callback.State);
        }

        HasStarted = true;
        _isStream = Headers.ContentType.ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);
        if (_isStream)
        {
            await send(frames.Started(StatusCode, Headers));
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (!_isStream)
        {
            if (_whole.WrittenCount + bytes.Length > maxBytes)
            {
                throw new InvalidDataException($"The answer has more than {maxBytes} bytes.");
            }

            _whole.Write(bytes.Span);
            return;
        }

        foreach (var served in _events.Add(bytes.Span))
        {
            // [DONE] is how an event stream says what the frame "done" says.
            if (!served.Data.Span.SequenceEqual("[DONE]"u8))
            {
                await send(frames.Event(served, _sent++));
            }
        }
    }
}
