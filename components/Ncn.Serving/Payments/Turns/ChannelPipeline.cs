using Microsoft.Extensions.Logging;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Serving.Payments.Turns;

/// <summary>One channel's calls from this process: one at a time, and what comes meanwhile goes with the next (group commit).</summary>
/// <remarks>
/// 1. a step that somebody waits for goes at once, or with the call after the one under way; 2. a step that nobody waits for goes with it,
/// or by itself after a short time; 3. steps keep their order; 4. a call that fails is told to who waits, and what nobody waits for is
/// repeated until it is done: every step is idempotent by its key.
/// </remarks>
internal sealed class ChannelPipeline(ChannelId channel, Func<ChannelStep[], Task<ChannelResult[]>> apply, TimeSpan flushTime, TimeProvider time, ILogger log)
{
    private const int MostSteps = 256;
    private const int MostFailures = 1_000;
    private static readonly TimeSpan LeastDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MostDelay = TimeSpan.FromSeconds(5);

    private readonly Lock _turn = new();
    private readonly ChannelView _view = new();
    private List<PendingStep> _waiting = [];
    private TaskCompletionSource? _idle;
    private ITimer? _flush;
    private bool _isRunning;
    private bool _isDue;
    private int _failures;

    /// <summary>When it was last used, by the clock's timestamps.</summary>
    public long UsedAt { get; private set; } = time.GetTimestamp();

    public bool IsIdle
    {
        get
        {
            lock (_turn)
            {
                return !_isRunning && _waiting.Count == 0;
            }
        }
    }

    public bool IsShared
    {
        get
        {
            lock (_turn)
            {
                return _view.IsShared;
            }
        }
    }

    public ChannelResult? View
    {
        get
        {
            lock (_turn)
            {
                return _view.Current;
            }
        }
    }

    public Task<ChannelResult> AskAsync(ChannelStep step)
    {
        var waiter = new TaskCompletionSource<ChannelResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(new PendingStep(step, waiter), isDue: true);
        return waiter.Task;
    }

    public void Tell(ChannelStep step, Promise? promised, bool isDue) => Add(new PendingStep(step, null, promised), isDue || flushTime == TimeSpan.Zero);

    public ChannelResult Promise(ChannelResult basis, Promise promise)
    {
        lock (_turn)
        {
            return _view.Promise(basis, promise);
        }
    }

    public void Withdraw(Promise promise)
    {
        lock (_turn)
        {
            _view.Settle(promise);
        }
    }

    /// <summary>Sends what waits, and returns when nothing does any more.</summary>
    public Task FlushAsync()
    {
        lock (_turn)
        {
            if (!_isRunning && _waiting.Count == 0)
            {
                return Task.CompletedTask;
            }

            _isDue = true;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Start();
            return _idle.Task;
        }
    }

    private void Add(PendingStep step, bool isDue)
    {
        lock (_turn)
        {
            UsedAt = time.GetTimestamp();
            _waiting.Add(step);
            _isDue |= isDue;
            if (_isDue)
            {
                Start();
            }
            else
            {
                Arm();
            }
        }
    }

    private void Start()
    {
        if (!_isRunning)
        {
            _isRunning = true;
            _ = Task.Run(RunAsync);
        }
    }

    // The timer only marks the steps as due; it is set once for all that wait.
    private void Arm()
    {
        if (_flush is null && !_isRunning)
        {
            var delay = _failures == 0 ? flushTime : TimeSpan.FromTicks(Math.Min(MostDelay.Ticks, LeastDelay.Ticks << Math.Min(_failures, 10)));
            _flush = time.CreateTimer(static state => ((ChannelPipeline)state!).Due(), this, delay, Timeout.InfiniteTimeSpan);
        }
    }

    private void Due()
    {
        lock (_turn)
        {
            _flush?.Dispose();
            _flush = null;
            if (_waiting.Count > 0)
            {
                _isDue = true;
                Start();
            }
        }
    }

    private async Task RunAsync()
    {
        while (Take() is { Length: > 0 } batch)
        {
            try
            {
                Complete(batch, await apply([.. batch.Select(static pending => pending.Step)]));
            }
            catch (Exception failure)
            {
                Fail(batch, failure);
            }
        }
    }

    // Empty when nothing is due: whoever comes next starts anew.
    private PendingStep[] Take()
    {
        lock (_turn)
        {
            PendingStep[] batch = _isDue ? [.. _waiting.Take(MostSteps)] : [];
            _waiting.RemoveRange(0, batch.Length);
            _isDue = _waiting.Count > 0 && _isDue;
            _isRunning = batch.Length > 0;
            if (!_isRunning)
            {
                if (_waiting.Count > 0)
                {
                    Arm();
                }
                else
                {
                    _idle?.SetResult();
                    _idle = null;
                }
            }

            return batch;
        }
    }

    private void Complete(PendingStep[] batch, ChannelResult[] results)
    {
        lock (_turn)
        {
            _failures = 0;
            var ours = TokenAmount.Zero;
            for (var i = 0; i < batch.Length; i++)
            {
                ours += batch[i].Step.Charge is not null && results[i].Outcome == ChannelOutcome.Accepted ? results[i].KeyAmount : default;
                if (batch[i].Promised is { } promised)
                {
                    _view.Settle(promised);
                }
            }

            _view.Learn(results[^1], ours);
        }

        for (var i = 0; i < batch.Length; i++)
        {
            batch[i].Waiter?.SetResult(results[i]);
            TellLoss(batch[i], results[i]);
        }
    }

    // A charge that found no reservation is money that the gateway does not get: it is never silent.
    private void TellLoss(PendingStep pending, ChannelResult result)
    {
        if (pending.Waiter is null && pending.Step.Charge is { Amount.IsZero: false } charge && result.Outcome is not (ChannelOutcome.Accepted or ChannelOutcome.Repeated))
        {
            log.LogError("The charge of {Amount} for {Key} on channel {Channel} found no reservation ({Outcome}) and is lost", charge.Amount, charge.Key, channel, result.Outcome);
        }
    }

    private void Fail(PendingStep[] batch, Exception failure)
    {
        PendingStep[] again = [.. batch.Where(static pending => pending.Waiter is null).Select(static pending => pending with { Failures = pending.Failures + 1 })];
        foreach (var given in again.Where(static pending => pending.Failures >= MostFailures))
        {
            log.LogError(failure, "A step on channel {Channel} failed {Count} times and is given up: {Step}", channel, given.Failures, given.Step);
        }

        lock (_turn)
        {
            _failures++;
            _waiting = [.. again.Where(static pending => pending.Failures < MostFailures), .. _waiting];
            // Who waits has come since, or is told; what nobody waits for is tried again after a while.
            _isDue = _waiting.Any(static pending => pending.Waiter is not null);
            if (_waiting.Count > 0 && !_isDue)
            {
                log.LogWarning("Channel {Channel} could not be asked, {Count} steps wait for it: {Reason}", channel, _waiting.Count, failure.Message);
            }
        }

        foreach (var pending in batch)
        {
            pending.Waiter?.SetException(failure);
        }
    }
}
