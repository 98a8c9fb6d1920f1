namespace Ncn.LocalRuntime.Resiliency;

/// <summary>How often and how fast to repeat; <paramref name="MaxRetries"/> -1 is without end.</summary>
internal sealed record RetryPolicy(bool Exponential, TimeSpan Duration, TimeSpan MaxInterval, int MaxRetries)
{
    /// <summary>The HTTP statuses that are worth a retry; null: every failure.</summary>
    public StatusRanges? Statuses { get; init; }

    /// <summary>The wait before retry number <paramref name="retry"/> (from 1).</summary>
    public TimeSpan DelayBefore(int retry)
    {
        if (!Exponential)
        {
            return Duration;
        }

        var grown = Duration * Math.Pow(1.5, Math.Min(retry - 1, 60));
        return grown < MaxInterval ? grown : MaxInterval;
    }

    public bool Allows(int retry) => MaxRetries < 0 || retry <= MaxRetries;
}

/// <summary>Opens after more than <paramref name="ConsecutiveFailures"/> failures in a row; lets one call through after <paramref name="Timeout"/>.</summary>
internal sealed record BreakerPolicy(int ConsecutiveFailures, TimeSpan Timeout);

/// <summary>What applies to one target; null parts do not apply.</summary>
internal sealed record TargetPolicy(TimeSpan? Timeout, RetryPolicy? Retry, CircuitBreaker? Breaker)
{
    public static TargetPolicy None { get; } = new(null, null, null);
}

/// <summary>Counts failures in a row of one target. Thread-safe; the time comes from the caller.</summary>
internal sealed class CircuitBreaker(BreakerPolicy policy)
{
    private readonly Lock gate = new();
    private int failures;
    private DateTimeOffset? openUntil;

    public bool TryEnter(DateTimeOffset now)
    {
        lock (gate)
        {
            if (openUntil is { } until)
            {
                if (now < until)
                {
                    return false;
                }

                // Half open: this call is the probe, and the next ones wait for its result.
                openUntil = now + policy.Timeout;
            }

            return true;
        }
    }

    public void Report(bool success, DateTimeOffset now)
    {
        lock (gate)
        {
            if (success)
            {
                (failures, openUntil) = (0, null);
            }
            else if (++failures > policy.ConsecutiveFailures)
            {
                openUntil = now + policy.Timeout;
            }
        }
    }
}
