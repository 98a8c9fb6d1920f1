using System.Diagnostics;
using Ncn.Inference.Scheduling;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>How busy a model is.</summary>
/// <param name="Lanes">Runs that may go on at once.</param>
/// <param name="Running">Runs that go on.</param>
/// <param name="Waiting">Requests that wait.</param>
public readonly record struct TensorLoad(int Lanes, int Running, int Waiting);

/// <summary>Carries out what <see cref="DynamicBatching"/> decides: lanes, threads, the clock.</summary>
/// <param name="rules">Times in microseconds.</param>
/// <param name="forms">Of the model.</param>
/// <param name="newLane">Makes a lane; called at most <see cref="BatchRules.Lanes"/> times.</param>
/// <param name="mergedBytes">Most bytes of inputs and outputs in a merged run.</param>
/// <param name="maxSeconds">Longest run; null for no limit.</param>
/// <param name="model">The model's name, for measurements.</param>
internal sealed class TensorScheduler(BatchRules rules, TensorForms forms, Func<TensorLane> newLane, long mergedBytes, int? maxSeconds, string model) : IAsyncDisposable
{
    /// <summary>
    /// A lone request that is expected to be quicker runs on its caller's thread, which a hop to another would slow down. Not after a run
    /// that answered several, who may need that thread to come back.
    /// </summary>
    private const double QuickMicroseconds = 500;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, TensorRequest> _waiting = [];
    private readonly Stack<TensorLane> _idle = [];
    private readonly HashSet<TensorBatch> _running = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly KeyValuePair<string, object?> _tag = new(InferenceMeter.ModelTag, model);
    private BatchState _state = new(rules);
    private Timer? _timer;
    private long _wakeAt = long.MaxValue;
    private long _lastId;
    private volatile bool _isQuiet = true;

    public TensorLoad Load
    {
        get
        {
            lock (_gate)
            {
                return new TensorLoad(rules.Lanes, _state.Running, _state.Waiting);
            }
        }
    }

    /// <summary>Takes a request in. When it can run at once and is quick, it has run when this returns.</summary>
    public Task<TensorAnswer> RunAsync(TensorRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<TensorAnswer>(cancellationToken);
        }

        request.Watch(Cancel, cancellationToken);
        TensorBatch[] started = Take(request);
        foreach (TensorBatch batch in started)
        {
            bool own = batch.Members.Length == 1 && batch.Members[0] == request;
            if (own && _isQuiet && request.Form.ExpectedMicroseconds(request.Rows) < QuickMicroseconds)
            {
                Dispatch(Run(batch));
            }
            else
            {
                Dispatch([batch]);
            }
        }

        return request.Task;
    }

    /// <summary>Lets nobody in any more, sends the waiting away, waits for the running, and frees the lanes.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _ = Apply(new BatchInput.Close());
            CompleteWhenDrained();
        }

        await _drained.Task.ConfigureAwait(false);
        _timer?.Dispose();
        foreach (TensorLane lane in _idle)
        {
            lane.Dispose();
        }
    }

    private static long Now() => (long)(Stopwatch.GetTimestamp() * (1_000_000.0 / Stopwatch.Frequency));

    private TensorBatch[] Take(TensorRequest request)
    {
        lock (_gate)
        {
            if (request.IsCancelled)
            {
                request.Complete();
                return [];
            }

            long group = request.Form.Merges && forms.Merges ? request.Form.Id : BatchItem.Alone;
            request.Item = new BatchItem(++_lastId, group, Weight(request), Now());
            _waiting.Add(request.Item.Id, request);
            return Apply(new BatchInput.Arrive(request.Item));
        }
    }

    /// <summary>Rows, or more for a request whose rows are so large that few of them should share a run.</summary>
    private int Weight(TensorRequest request)
    {
        double bytes = request.Form.OutputBytesPerRow * request.Rows;
        foreach (TensorValue input in request.Inputs)
        {
            bytes += input.Data.Length;
        }

        return (int)Math.Max(request.Rows, Math.Min(bytes / mergedBytes, 1) * rules.MaxRows);
    }

    /// <summary>Runs on this thread until nothing is left to start; a further batch that can start meanwhile gets a thread of its own.</summary>
    private void Work(TensorBatch batch)
    {
        for (TensorBatch? next = batch; next is not null;)
        {
            TensorBatch[] started = Run(next);
            next = started.FirstOrDefault();
            Dispatch(started.AsSpan(Math.Min(1, started.Length)));
        }
    }

    private void Dispatch(ReadOnlySpan<TensorBatch> batches)
    {
        foreach (TensorBatch batch in batches)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static item => item.Scheduler.Work(item.Batch), (Scheduler: this, Batch: batch), preferLocal: false);
        }
    }

    /// <returns>What can start now that it is done.</returns>
    private TensorBatch[] Run(TensorBatch batch)
    {
        Measure(batch);
        batch.Run();
        TensorBatch[] started;
        lock (_gate)
        {
            started = Finish(batch);
        }

        foreach (TensorRequest member in batch.Members)
        {
            member.Complete();
        }

        return started;
    }

    private TensorBatch[] Finish(TensorBatch batch)
    {
        _running.Remove(batch);
        _isQuiet = batch.Members.Length == 1;
        batch.Lane.IsTerminated = false;
        _idle.Push(batch.Lane);
        TensorBatch[] started = Apply(new BatchInput.Finish(Now(), Answered(batch)));
        CompleteWhenDrained();
        return started;
    }

    private static int Answered(TensorBatch batch) => batch.Members[0].Item.Group == BatchItem.Alone ? 0 : batch.Members.Length - batch.Cancelled;

    private void Measure(TensorBatch batch)
    {
        if (InferenceMeter.BatchSize.Enabled)
        {
            InferenceMeter.BatchSize.Record(batch.Members.Sum(member => member.Rows), _tag);
        }

        if (InferenceMeter.QueueWait.Enabled)
        {
            long now = Now();
            foreach (TensorRequest member in batch.Members)
            {
                InferenceMeter.QueueWait.Record((now - member.Item.ArrivedAt) / 1e6, _tag);
            }
        }
    }

    /// <summary>One step of the policy; the caller holds the gate and runs what is returned.</summary>
    private TensorBatch[] Apply(BatchInput input)
    {
        (_state, IReadOnlyList<BatchOutput> outputs) = DynamicBatching.Apply(_state, input);
        if (outputs.Count == 0)
        {
            return [];
        }

        var started = new List<TensorBatch>(outputs.Count);
        for (int i = 0; i < outputs.Count; i++)
        {
            switch (outputs[i])
            {
                case BatchOutput.Start start:
                    started.Add(Seat(start.Items));
                    break;
                case BatchOutput.Dismiss dismiss:
                    Dismiss(dismiss);
                    break;
                case BatchOutput.WakeAt wake:
                    Wake(wake.Time);
                    break;
            }
        }

        return [.. started];
    }

    private TensorBatch Seat(IReadOnlyList<BatchItem> items)
    {
        var members = new TensorRequest[items.Count];
        for (int i = 0; i < members.Length; i++)
        {
            _waiting.Remove(items[i].Id, out TensorRequest? member);
            members[i] = member!;
        }

        var batch = new TensorBatch(_idle.TryPop(out TensorLane? idle) ? idle : newLane(), members, forms);
        foreach (TensorRequest member in members)
        {
            member.Batch = batch;
        }

        _running.Add(batch);
        if (maxSeconds is not null)
        {
            Wake(Now() + (maxSeconds.Value * 1_000_000L));
        }

        return batch;
    }

    private void Dismiss(BatchOutput.Dismiss dismissal)
    {
        _waiting.Remove(dismissal.Id, out TensorRequest? request);
        request!.IsCancelled = dismissal.Reason == BatchDismissal.Cancelled;
        request.Error = dismissal.Reason == BatchDismissal.Busy
            ? new InferenceException(InferenceFault.Busy, $"All {rules.Lanes} lanes of this model are in use and {_state.Waiting} requests wait. Try again, or another node.")
            : new InferenceException(InferenceFault.Stopping, "The model is being unloaded; try another node.");
        request.Complete();
    }

    private void Cancel(TensorRequest request)
    {
        lock (_gate)
        {
            if (request.Batch is { } batch)
            {
                CancelRunning(request, batch);
            }
            else if (!_waiting.ContainsKey(request.Item.Id))
            {
                request.IsCancelled = true; // before it was taken in
            }
            else
            {
                _ = Apply(new BatchInput.Cancel(request.Item.Id));
            }
        }
    }

    private void CancelRunning(TensorRequest request, TensorBatch batch)
    {
        if (_running.Contains(batch) && !request.IsCancelled)
        {
            request.IsCancelled = true;
            batch.Cancelled++;
            batch.Lane.IsTerminated |= batch.Cancelled == batch.Members.Length;
        }
    }

    /// <summary>The timer counts whole milliseconds, so a delay can end up to one later than it should.</summary>
    private void Wake(long time)
    {
        if (time < _wakeAt)
        {
            _wakeAt = time;
            _timer ??= new Timer(static scheduler => ((TensorScheduler)scheduler!).Tick(), this, Timeout.Infinite, Timeout.Infinite);
            _timer.Change(Math.Max(1, (time - Now() + 999) / 1000), Timeout.Infinite);
        }
    }

    private void Tick()
    {
        TensorBatch[] started;
        lock (_gate)
        {
            _wakeAt = long.MaxValue;
            StopOverdue();
            started = Apply(new BatchInput.Tick(Now()));
        }

        Dispatch(started);
    }

    private void StopOverdue()
    {
        if (maxSeconds is not { } seconds)
        {
            return;
        }

        foreach (TensorBatch batch in _running)
        {
            TimeSpan left = TimeSpan.FromSeconds(seconds) - Stopwatch.GetElapsedTime(batch.StartedAt);
            batch.IsOverdue = left <= TimeSpan.Zero;
            batch.Lane.IsTerminated |= batch.IsOverdue;
            if (!batch.IsOverdue)
            {
                Wake(Now() + (long)left.TotalMicroseconds);
            }
        }
    }

    private void CompleteWhenDrained()
    {
        if (_state.IsClosed && _state.Running == 0)
        {
            _drained.TrySetResult();
        }
    }
}
