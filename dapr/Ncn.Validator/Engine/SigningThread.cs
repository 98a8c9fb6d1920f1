using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Validator.Signing;

namespace Ncn.Validator.Engine;

/// <summary>What the guard is asked for in one batch.</summary>
internal sealed record SigningBatch(IReadOnlyList<Vote> Votes, IReadOnlyList<Checkpoint> Checkpoints);

/// <summary>What it gave, in the batch's order; null where it refused.</summary>
internal sealed record SigningResult(ImmutableArray<Signature?> Votes, ImmutableArray<Signature?> Checkpoints);

/// <summary>Lets the guard write and sync beside the row log, on a thread of its own: both are waited for, and neither for the other (rule C2).</summary>
internal sealed class SigningThread : IDisposable
{
    private readonly SigningGuard _guard;
    private readonly Thread _thread;
    private readonly object _lock = new();
    private SigningBatch? _batch;
    private SigningResult? _result;
    private Exception? _failure;
    private bool _isStopped;

    internal SigningThread(SigningGuard guard)
    {
        _guard = guard;
        _thread = new Thread(Run) { IsBackground = true, Name = "signing guard" };
        _thread.Start();
    }

    /// <summary>Begins a batch; <see cref="Wait"/> must follow.</summary>
    internal void Begin(SigningBatch batch)
    {
        lock (_lock)
        {
            (_batch, _result) = (batch, null);
            Monitor.PulseAll(_lock);
        }
    }

    /// <exception cref="IOException">The rows did not reach the disk: nothing more is signed.</exception>
    internal SigningResult Wait()
    {
        lock (_lock)
        {
            while (_result is null && _failure is null)
            {
                Monitor.Wait(_lock);
            }

            return _failure is null ? _result! : throw new IOException($"The signing guard failed: {_failure.Message}", _failure);
        }
    }

    /// <summary>Without another thread.</summary>
    internal static SigningResult Sign(SigningGuard guard, SigningBatch batch) => new(guard.Sign(batch.Votes), [.. batch.Checkpoints.Select(guard.Sign)]);

    public void Dispose()
    {
        lock (_lock)
        {
            _isStopped = true;
            Monitor.PulseAll(_lock);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (Next() is { } batch)
        {
            SigningResult? result = null;
            Exception? failure = null;
            try
            {
                result = Sign(_guard, batch);
            }
            catch (Exception any) when (any is IOException or InvalidOperationException or UnauthorizedAccessException)
            {
                failure = any;
            }

            lock (_lock)
            {
                (_batch, _result, _failure) = (null, result, failure);
                Monitor.PulseAll(_lock);
            }
        }
    }

    private SigningBatch? Next()
    {
        lock (_lock)
        {
            while (_batch is null && !_isStopped)
            {
                Monitor.Wait(_lock);
            }

            return _batch;
        }
    }
}
