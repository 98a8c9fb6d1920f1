namespace Ncn.Inference.Scheduling;

/// <summary>
/// Hands out a fixed number of slots, first come first served, and lets a bounded number wait. Beyond that a caller is
/// told at once that the model is busy, so that it can go elsewhere.
/// </summary>
/// <param name="slots">How many may run at once, 1 or more.</param>
/// <param name="maxWaiting">How many may wait, 0 or more.</param>
public sealed class RequestSlots(int slots, int maxWaiting)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _used;
    private bool _closed;

    /// <summary>How many may run at once.</summary>
    public int Total { get; } = slots;

    /// <summary>Slots that a newcomer could have now.</summary>
    public int Free
    {
        get
        {
            lock (_gate)
            {
                return _closed ? 0 : Total - _used;
            }
        }
    }

    /// <summary>Callers that wait for a slot.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Waits for a slot; dispose what it returns to give the slot back.</summary>
    /// <exception cref="InferenceException">Busy, when the queue is full; stopping, when it is closed.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource? turn = TakeOrQueue();
        if (turn is not null)
        {
            using CancellationTokenRegistration _ = cancellationToken.Register(() => GiveUp(turn, cancellationToken));
            await turn.Task.ConfigureAwait(false);
        }

        return new Slot(this);
    }

    /// <summary>Takes a slot when one is free and nobody waits; null otherwise.</summary>
    public IDisposable? TryEnter()
    {
        lock (_gate)
        {
            if (_closed || _used >= Total)
            {
                return null;
            }

            _used++;
            return new Slot(this);
        }
    }

    /// <summary>Lets nobody in any more, sends the waiting away, and completes when all slots are given back.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (TaskCompletionSource turn in _waiting)
            {
                turn.TrySetException(Stopping());
            }

            _waiting.Clear();
            CompleteWhenDrained();
        }

        return _drained.Task;
    }

    private TaskCompletionSource? TakeOrQueue()
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw Stopping();
            }

            if (_used < Total)
            {
                _used++;
                return null;
            }

            if (_waiting.Count >= maxWaiting)
            {
                throw new InferenceException(InferenceFault.Busy, $"All {Total} slots of this model are in use and {_waiting.Count} requests wait. Try again, or another node.");
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.AddLast(turn);
            return turn;
        }
    }

    private void GiveUp(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_waiting.Remove(turn))
            {
                turn.TrySetCanceled(cancellationToken);
            }
        }
    }

    private void Release()
    {
        lock (_gate)
        {
            if (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                next.Value.SetResult();
                return;
            }

            _used--;
            CompleteWhenDrained();
        }
    }

    private void CompleteWhenDrained()
    {
        if (_closed && _used == 0)
        {
            _drained.TrySetResult();
        }
    }

    private static InferenceException Stopping() => new(InferenceFault.Stopping, "The model is being unloaded; try another node.");

    private sealed class Slot(RequestSlots owner) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
            {
                owner.Release();
            }
        }
    }
}
