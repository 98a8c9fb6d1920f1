using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Ncn.Serving.Streaming.Calls;
using Ncn.Serving.Streaming.Frames;

namespace Ncn.Serving.Streaming.Sockets;

/// <summary>The requests that run for one socket, by the client's names for them.</summary>
internal sealed class SocketCalls(SocketPeer peer, SocketSender sender, FramePipeline pipeline, StreamOptions options, ILogger log)
{
    private readonly ConcurrentDictionary<string, RunningCall> _running = new(StringComparer.Ordinal);

    public bool IsEmpty => _running.IsEmpty;

    /// <summary>Begins a request. What refuses it, or null.</summary>
    public FrameProblem? Begin(ClientFrame.Call frame)
    {
        if (_running.Count >= options.MaxRequestsPerSocket)
        {
            return new FrameProblem(frame.Id, 429, "too_many_requests", $"{options.MaxRequestsPerSocket} requests run on this socket; wait until one has ended.");
        }

        var call = new RunningCall(frame.Id, sender);
        if (!_running.TryAdd(frame.Id, call))
        {
            call.Dispose();
            return new FrameProblem(null, 409, "id_in_use", $"A request with the id {frame.Id} runs; take another id.");
        }

        call.Work = RunAsync(frame, call);
        return null;
    }

    /// <summary>Ends a request. One that is not there has just ended, which is as good.</summary>
    public void Cancel(string id)
    {
        if (_running.TryGetValue(id, out var call))
        {
            call.Cancel(byClient: true);
        }
    }

    /// <summary>Gives a request a larger voucher. What refuses it, or null.</summary>
    public FrameProblem? Pay(ClientFrame.Voucher frame)
    {
        if (!_running.TryGetValue(frame.Id, out var call))
        {
            return new FrameProblem(frame.Id, 404, "not_running", "No request with this id runs; the voucher was not taken.");
        }

        call.Vouchers.Put(frame.Payment);
        return null;
    }

    /// <summary>Waits until no request runs.</summary>
    public Task WhenAllAsync() => Task.WhenAll(_running.Values.Select(static call => call.Work));

    /// <summary>Ends all requests: the client is gone.</summary>
    public Task EndAsync()
    {
        foreach (var call in _running.Values)
        {
            call.Cancel(byClient: false);
        }

        return WhenAllAsync();
    }

    private async Task RunAsync(ClientFrame.Call frame, RunningCall call)
    {
        await Task.Yield();
        var frames = new FrameWriter(frame.Id);
        try
        {
            var answer = new FrameAnswer(frames, bytes => sender.SendAsync(bytes, call.Gone), options.MaxAnswerBytes);
            await pipeline.HandleAsync(FrameCall.Open(peer, frame, answer, call.Vouchers, call.Gone));
            await (call.IsCancelled ? Task.CompletedTask : answer.EndAsync());
        }
        catch (OperationCanceledException) when (call.Gone.IsCancellationRequested || sender.IsClosed)
        {
            // The client is gone, or wants it no more; the endpoint has heard of it by the same token.
        }
        catch (Exception failure)
        {
            log.LogError(failure, "A request to {Path} over a socket failed", frame.Path);
            await TrySendAsync(frames.Error(new FrameProblem(
                frame.Id, 500, "internal_error", "The gateway failed. Repeat the request with its Idempotency-Key: it is charged once.")));
        }

        _running.TryRemove(frame.Id, out _);
        await (call.IsCancelled ? TrySendAsync(frames.Cancelled()) : Task.CompletedTask);
        call.Dispose();
    }

    private async Task TrySendAsync(ReadOnlyMemory<byte> frame)
    {
        try
        {
            await sender.SendAsync(frame, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            // The socket is closed: nobody is there to be told.
        }
    }

    private sealed class RunningCall : IDisposable
    {
        private readonly CancellationTokenSource _gone = new();
        private bool _isDisposed;

        public RunningCall(string id, SocketSender sender)
        {
            Gone = _gone.Token;
            Vouchers = new VoucherInbox(id, bytes => sender.SendAsync(bytes, Gone));
        }

        public CancellationToken Gone { get; }

        public VoucherInbox Vouchers { get; }

        public Task Work { get; set; } = Task.CompletedTask;

        /// <summary>True when the client said so, and not its silence.</summary>
        public bool IsCancelled { get; private set; }

        public void Cancel(bool byClient)
        {
            lock (_gone)
            {
                if (!_isDisposed)
                {
                    IsCancelled |= byClient;
                    _gone.Cancel();
                }
            }
        }

        public void Dispose()
        {
            lock (_gone)
            {
                _isDisposed = true;
                _gone.Dispose();
            }
        }
    }
}

/// <summary>The endpoints that frames go to.</summary>
public sealed class FramePipeline
{
    private RequestDelegate? _handle;

    /// <summary>Says once, when the app is built, what handles a frame's request.</summary>
    public void Use(RequestDelegate handle) => _handle = handle;

    internal Task HandleAsync(HttpContext http) =>
        (_handle ?? throw new InvalidOperationException("The app has not said which endpoints frames go to: call MapNcnSocket."))(http);
}
