namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Ends a call when its time is over, and gives the server method a token for it.</summary>
internal sealed class CallDeadline : IDisposable
{
    // A timer takes 49 days at most; it is set again until the deadline is there.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private readonly CancellationTokenSource source;
    private readonly Action onExceeded;
    private readonly Lock gate = new();
    private readonly Timer timer;
    private bool isDisposed;

    internal CallDeadline(TimeSpan timeout, CancellationToken requestAborted, Action onExceeded)
    {
        var now = DateTime.UtcNow;
        Time = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
        this.onExceeded = onExceeded;
        source = CancellationTokenSource.CreateLinkedTokenSource(requestAborted);
        Token = source.Token;
        timer = new Timer(static state => ((CallDeadline)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Schedule();
    }

    internal DateTime Time { get; }

    internal CancellationToken Token { get; }

    internal void Cancel()
    {
        lock (gate)
        {
            if (!isDisposed)
            {
                source.Cancel();
            }
        }
    }

    public void Dispose()
    {
        timer.Dispose();
        lock (gate)
        {
            isDisposed = true;
            source.Dispose();
        }
    }

    private void OnTimer()
    {
        if (Time <= DateTime.UtcNow)
        {
            onExceeded();
        }
        else
        {
            Schedule();
        }
    }

    private void Schedule()
    {
        var remaining = Time - DateTime.UtcNow;
        timer.Change(remaining <= TimeSpan.Zero ? TimeSpan.Zero : remaining > LongestTimer ? LongestTimer : remaining + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }
}
