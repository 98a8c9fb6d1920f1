using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Ncn.Serving.Streaming.Calls;
using Ncn.Serving.Streaming.Frames;

namespace Ncn.Serving.Streaming.Sockets;

/// <summary>One socket from its handshake to its end: reads frames, runs requests, and closes for a stated reason.</summary>
internal sealed class SocketSession : IDisposable
{
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(5);

    private readonly WebSocket _socket;
    private readonly StreamOptions _options;
    private readonly TimeProvider _time;
    private readonly SocketSender _sender;
    private readonly SocketReader _reader;
    private readonly SocketCalls _calls;
    private readonly FrameWriter _frames = new(null);
    private readonly CancellationTokenSource _ended = new();
    private FrameRate _rate;
    private int _badFrames;
    private long _lastFrameAt;
    private bool _isStopping;

    public SocketSession(WebSocket socket, SocketPeer peer, FramePipeline pipeline, StreamOptions options, TimeProvider time, ILogger log)
    {
        (_socket, _options, _time) = (socket, options, time);
        _sender = new SocketSender(socket, TimeSpan.FromSeconds(options.SendSeconds), time);
        _reader = new SocketReader(socket, options.MaxFrameBytes, TimeSpan.FromSeconds(options.ReceiveSeconds), time);
        _calls = new SocketCalls(peer, _sender, pipeline, options, log);
        _rate = FrameRate.Full(options.FramesPerSecond, Now);
        _lastFrameAt = Now;
    }

    /// <summary>Serves the socket until either side ends it.</summary>
    /// <param name="stopping">Fires when the server stops.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        _sender.Stalled += OnStalled;
        var idle = CloseWhenIdleAsync();
        var drain = DrainAsync(stopping);
        try
        {
            while (await ServeOneAsync())
            {
                // One message after another; what they begin runs beside.
            }
        }
        finally
        {
            await _ended.CancelAsync();
            await _calls.EndAsync();
            await Task.WhenAll(idle, drain);
            await EndAsync();
        }
    }

    public void Dispose()
    {
        _sender.Dispose();
        _ended.Dispose();
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    // False when the socket is to end.
    private async Task<bool> ServeOneAsync()
    {
        switch (await _reader.ReadAsync())
        {
            case SocketMessage.Text text:
                return await TakeAsync(text.Bytes);
            case SocketMessage.Refused refused:
                await _sender.CloseAsync(refused.Status, refused.Reason);
                return false;
            default:
                return false;
        }
    }

    private async Task<bool> TakeAsync(ReadOnlyMemory<byte> text)
    {
        Interlocked.Exchange(ref _lastFrameAt, Now);
        if (_rate.Take(_options.FramesPerSecond, Now) is not { } rate)
        {
            await _sender.CloseAsync(WebSocketCloseStatus.PolicyViolation, $"More than {_options.FramesPerSecond} frames a second.");
            return false;
        }

        _rate = rate;
        var frame = FrameReader.Read(text, out var problem);
        problem ??= await BeginAsync(frame!);
        if (problem is not null)
        {
            await SendAsync(new FrameWriter(problem.Id).Error(problem));
        }

        if (frame is null && ++_badFrames >= _options.MaxBadFrames)
        {
            await _sender.CloseAsync(WebSocketCloseStatus.PolicyViolation, $"{_badFrames} frames could not be read.");
            return false;
        }

        return true;
    }

    private async Task<FrameProblem?> BeginAsync(ClientFrame frame)
    {
        switch (frame)
        {
            case ClientFrame.Call call when _isStopping:
                return new FrameProblem(call.Id, 503, "stopping", "The gateway stops; connect again and repeat the request.");
            case ClientFrame.Call call:
                return _calls.Begin(call);
            case ClientFrame.Voucher voucher:
                return _calls.Pay(voucher);
            case ClientFrame.Cancel cancel:
                _calls.Cancel(cancel.Id);
                return null;
            case ClientFrame.Ping ping:
                await SendAsync(new FrameWriter(ping.Id).Pong());
                return null;
            default:
                throw new InvalidOperationException($"{frame.GetType().Name} is not a frame.");
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> frame)
    {
        try
        {
            await _sender.SendAsync(frame, _ended.Token);
        }
        catch (OperationCanceledException)
        {
            // The socket is closed; the next read says so too.
        }
    }

    // A client that does not read is cut off, once it has had time to read why.
    private void OnStalled() => _ = CutOffAsync();

    private async Task CutOffAsync()
    {
        _ = _calls.EndAsync();
        await Task.WhenAny(_sender.CloseAsync(WebSocketCloseStatus.PolicyViolation, "Frames were not read in time."), Task.Delay(ClosePatience, _time));
        _socket.Abort();
    }

    private async Task CloseWhenIdleAsync()
    {
        var limit = TimeSpan.FromSeconds(_options.IdleSeconds);
        try
        {
            while (true)
            {
                var since = TimeSpan.FromMilliseconds(Now - Interlocked.Read(ref _lastFrameAt));
                if (since >= limit && _calls.IsEmpty)
                {
                    await LeaveAsync(WebSocketCloseStatus.NormalClosure, "Nothing was asked for a long time.");
                    return;
                }

                await Task.Delay(since >= limit ? limit : limit - since, _time, _ended.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The socket ended before it was idle for long.
        }
    }

    // New requests are refused; those that run have a while to end.
    private async Task DrainAsync(CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, _ended.Token);
        await Task.Delay(Timeout.InfiniteTimeSpan, either.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        if (_ended.IsCancellationRequested)
        {
            return;
        }

        _isStopping = true;
        await Task.WhenAny(_calls.WhenAllAsync(), Task.Delay(TimeSpan.FromSeconds(_options.DrainSeconds), _time, _ended.Token));
        await LeaveAsync(WebSocketCloseStatus.EndpointUnavailable, "The gateway stops; connect again.");
    }

    // Our close, to which the client's answers: the reading loop sees it. One that does not answer is cut off.
    private async Task LeaveAsync(WebSocketCloseStatus status, string reason)
    {
        await _sender.CloseAsync(status, reason);
        await Task.Delay(ClosePatience, _time, _ended.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        if (!_ended.IsCancellationRequested)
        {
            _socket.Abort();
        }
    }

    private async Task EndAsync()
    {
        if (_socket.State == WebSocketState.CloseReceived)
        {
            await _sender.CloseAsync(WebSocketCloseStatus.NormalClosure, string.Empty);
        }

        if (_socket.State == WebSocketState.CloseSent)
        {
            await AwaitCloseAsync();
        }
    }

    // What the client still sends is read and dropped: closing over unread bytes would reset the connection, and our reason be lost with it.
    private async Task AwaitCloseAsync()
    {
        using var late = new CancellationTokenSource(ClosePatience, _time);
        var buffer = new byte[4096];
        try
        {
            while ((await _socket.ReceiveAsync(buffer.AsMemory(), late.Token)).MessageType != WebSocketMessageType.Close)
            {
                // Dropped.
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
        {
            // It did not answer our close, or hung up.
        }
    }
}
