using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>
/// The life of a call: running, then ended once with a status. Whoever ends it first (the server's trailers, the deadline,
/// the caller's token, disposal, a broken connection) decides the status that everybody sees.
/// </summary>
internal abstract class GrpcCall : IDisposable
{
    internal static readonly Func<object, Task<Metadata>> Headers = static state => ((GrpcCall)state).headers.Task;
    internal static readonly Func<object, Status> StatusOf = static state => ((GrpcCall)state).GetStatus();
    internal static readonly Func<object, Metadata> TrailersOf = static state => ((GrpcCall)state).GetTrailers();
    internal static readonly Action<object> End = static state => ((GrpcCall)state).Dispose();

    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private readonly Lock gate = new();
    private readonly TaskCompletionSource<Metadata> headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource aborted = new();
    private CancellationTokenRegistration callerRegistration;
    private Timer? deadlineTimer;
    private HttpResponseMessage? response;
    private Status? status;
    private Metadata trailers = Metadata.Empty;

    protected GrpcCall(GrpcChannel channel, CallOptions options)
    {
        ObjectDisposedException.ThrowIf(channel.IsDisposed, channel);
        Channel = channel;
        Options = options;
    }

    protected GrpcChannel Channel { get; }

    internal CallOptions Options { get; }

    /// <summary>Cancelled when the call ends, however it ends.</summary>
    internal CancellationToken Aborted => aborted.Token;

    internal bool HasEnded
    {
        get
        {
            lock (gate)
            {
                return status is not null;
            }
        }
    }

    private bool IsDeadlinePassed => Options.Deadline is { } deadline && deadline.ToUniversalTime() <= DateTime.UtcNow;

    public void Dispose() => EndWith(new Status(StatusCode.Cancelled, "gRPC call disposed."), Metadata.Empty);

    internal void CancelByCaller() => EndWith(new Status(StatusCode.Cancelled, "Call canceled by the client."), Metadata.Empty);

    /// <summary>Ends the call with the status that the exception means, unless it has ended, and returns what the caller should see.</summary>
    internal Exception Fail(Exception exception)
    {
        if (!HasEnded)
        {
            var cause = exception is RpcException rpcException ? rpcException.Status : CallStatus.FromTransport(exception);
            // The server's own deadline may cut the connection just before ours fires.
            EndWith(IsDeadlinePassed ? DeadlineExceeded(cause.DebugException) : cause, Metadata.Empty);
        }
        return EndedException();
    }

    /// <summary>What a caller sees after the end; the status is not OK.</summary>
    internal Exception EndedException()
    {
        var ended = GetStatus();
        var exception = new RpcException(ended, GetTrailers());
        var isCancellation = ended.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded;
        return isCancellation && Channel.ThrowOperationCanceledOnCancellation
            ? new OperationCanceledException(ended.Detail, exception, Options.CancellationToken)
            : exception;
    }

    internal Status GetStatus()
    {
        lock (gate)
        {
            return status ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");
        }
    }

    protected void StartTimers()
    {
        if (IsDeadlinePassed)
        {
            EndWith(DeadlineExceeded(null), Metadata.Empty);
            throw EndedException();
        }
        if (Options.Deadline is not null && Options.Deadline != DateTime.MaxValue)
        {
            deadlineTimer = new Timer(static state => ((GrpcCall)state!).OnDeadlineTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            OnDeadlineTimer();
        }
        callerRegistration = Options.CancellationToken.UnsafeRegister(static state => ((GrpcCall)state!).CancelByCaller(), this);
        if (HasEnded)
        {
            callerRegistration.Dispose();
            deadlineTimer?.Dispose();
            throw EndedException();
        }
    }

    /// <summary>Sends the request and returns when the response headers are there. A call that failed in them has ended.</summary>
    protected async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        var received = await Channel.Invoker.SendAsync(request, Aborted).ConfigureAwait(false);
        lock (gate)
        {
            response = received;
        }
        Aborted.ThrowIfCancellationRequested();
        var metadata = CallStatus.ReadMetadata(received.Headers);
        if (CallStatus.FromHeaders(received) is { } early)
        {
            headers.TrySetResult(metadata);
            EndWith(early, metadata);
        }
        headers.TrySetResult(metadata);
        return received;
    }

    /// <summary>After the last message: the call ends with the status in the trailers.</summary>
    protected Status EndWithTrailers(HttpResponseMessage received)
    {
        EndWith(CallStatus.FromTrailers(received), CallStatus.ReadMetadata(received.TrailingHeaders));
        return GetStatus();
    }

    protected void EndWith(Status final, Metadata finalTrailers)
    {
        lock (gate)
        {
            if (status is not null)
            {
                return;
            }
            status = final;
            trailers = finalTrailers;
        }
        deadlineTimer?.Dispose();
        callerRegistration.Unregister();
        aborted.Cancel();
        response?.Dispose();
        if (!headers.Task.IsCompleted && headers.TrySetException(EndedException()))
        {
            // The caller may never ask for the headers; the failure is in the status too.
            _ = headers.Task.Exception;
        }
    }

    private static Status DeadlineExceeded(Exception? cause) => new(StatusCode.DeadlineExceeded, "", cause);

    private Metadata GetTrailers()
    {
        lock (gate)
        {
            return status is null
                ? throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.")
                : trailers;
        }
    }

    private void OnDeadlineTimer()
    {
        var remaining = Options.Deadline!.Value.ToUniversalTime() - DateTime.UtcNow;
        if (remaining <= TimeSpan.Zero)
        {
            EndWith(DeadlineExceeded(null), Metadata.Empty);
            return;
        }
        var next = remaining > LongestTimer ? LongestTimer : remaining + TimeSpan.FromMilliseconds(1);
        deadlineTimer?.Change(next, Timeout.InfiniteTimeSpan);
    }
}
