namespace Ncn.LocalRuntime.Resiliency;

/// <summary>The circuit breaker of the target is open; the call was not made.</summary>
internal sealed class CircuitOpenException() : Exception("circuit breaker is open");

/// <summary>Runs a call under a target's policies: retries around the breaker around the timeout, as in Dapr.</summary>
internal static class PolicyRunner
{
    /// <param name="isFailure">Whether a result counts as failed, for retry and breaker.</param>
    /// <param name="isTransient">Whether an exception may be retried.</param>
    public static async Task<T> RunAsync<T>(
        TargetPolicy policy, Func<CancellationToken, Task<T>> call, Func<T, bool> isFailure, Func<Exception, bool> isTransient, CancellationToken cancellation)
    {
        for (var retry = 1; ; retry++)
        {
            var mayRetry = policy.Retry?.Allows(retry) == true;
            try
            {
                var result = await RunOnceAsync(policy, call, isFailure, cancellation);
                if (!mayRetry || !isFailure(result))
                {
                    return result;
                }

                (result as IDisposable)?.Dispose();
            }
            catch (Exception error) when (mayRetry && isTransient(error) && !cancellation.IsCancellationRequested)
            {
                // The retry below is the handling; the last failure reaches the caller.
            }

            await Task.Delay(policy.Retry!.DelayBefore(retry), cancellation);
        }
    }

    private static async Task<T> RunOnceAsync<T>(TargetPolicy policy, Func<CancellationToken, Task<T>> call, Func<T, bool> isFailure, CancellationToken cancellation)
    {
        if (policy.Breaker?.TryEnter(DateTimeOffset.UtcNow) == false)
        {
            throw new CircuitOpenException();
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (policy.Timeout is { } timeout)
        {
            limit.CancelAfter(timeout);
        }

        var success = false;
        try
        {
            var result = await call(limit.Token);
            success = !isFailure(result);
            return result;
        }
        catch (OperationCanceledException error) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"timeout of {policy.Timeout} exceeded", error);
        }
        finally
        {
            if (!cancellation.IsCancellationRequested)
            {
                policy.Breaker?.Report(success, DateTimeOffset.UtcNow);
            }
        }
    }
}
