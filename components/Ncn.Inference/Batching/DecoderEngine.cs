using System.Collections.Immutable;

namespace Ncn.Inference.Batching;

/// <summary>
/// Runs many requests on one decoder: a thread that asks <see cref="BatchPolicy"/> what to do and does it, step by step.
/// A failure of the model ends the requests that it concerns, and the engine goes on.
/// </summary>
internal sealed class DecoderEngine : IAsyncDisposable
{
    private readonly IDecoderRuntime _runtime;
    private readonly EngineSlots _slots;
    private readonly EngineMail _mail = new();
    private readonly Dictionary<long, EngineRow> _rows = [];
    private readonly List<(long Id, RowProgress Progress)> _changes = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BatchState _state;
    private long _lastId;
    private readonly int _places;
    private int _inside;
    private int _disposed;
    private bool _closing;

    /// <param name="runtime">The decoder; the engine owns it.</param>
    /// <param name="limits">The policy's constants.</param>
    /// <param name="model">The model's name, for metrics.</param>
    public DecoderEngine(IDecoderRuntime runtime, BatchLimits limits, string model)
    {
        _runtime = runtime;
        _state = BatchState.Start(limits);
        _places = limits.Slots + limits.MaxWaiting;
        Metrics = new EngineMetrics(model, () => Statistics);
        _slots = new EngineSlots(runtime, Metrics);
        var thread = new Thread(Loop) { IsBackground = true, Name = $"decoder {model}" };
        thread.Start();
    }

    /// <summary>Where rows record their times.</summary>
    public EngineMetrics Metrics { get; }

    /// <summary>What the engine is doing. Any thread.</summary>
    public EngineStatistics Statistics
    {
        get
        {
            BatchState state = Volatile.Read(ref _state);
            return _slots.Count(state.Slots.Length - state.Free, state.Waiting.Count);
        }
    }

    /// <summary>Runs a request. Any thread.</summary>
    /// <exception cref="InferenceException">Too many wait, or the engine takes no more.</exception>
    public void Submit(EngineRow row)
    {
        row.Id = Interlocked.Increment(ref _lastId);
        if (Interlocked.Increment(ref _inside) > _places)
        {
            Interlocked.Decrement(ref _inside);
            throw Busy();
        }

        if (!_mail.TrySubmit(row))
        {
            Interlocked.Decrement(ref _inside);
            throw Stopping();
        }
    }

    /// <summary>The caller has gone: the slot is free before the next step. Any thread.</summary>
    public void Cancel(EngineRow row) => _mail.Post(MailKind.Cancel, row);

    /// <summary>The reader of a row that fell behind has caught up. Any thread.</summary>
    public void Resume(EngineRow row) => _mail.Post(MailKind.Resume, row);

    /// <summary>Sends away who has not begun, serves the others to their end, and stops.</summary>
    public Task CloseAsync()
    {
        _mail.Close();
        return _stopped.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Metrics.Dispose();
        _runtime.Dispose();
    }

    private InferenceException Busy() => new(
        InferenceFault.Busy, $"All {_runtime.Slots} slots of this model are in use and {_places - _runtime.Slots} requests wait. Try again, or another node.");

    private static InferenceException Stopping() => new(InferenceFault.Stopping, "The model is being unloaded; try another node.");

    private void Loop()
    {
        try
        {
            Serve();
        }
#pragma warning disable CA1031 // The thread's last line: whatever it is, the callers must hear of it and the process must live.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Abandon(exception);
        }

        _stopped.TrySetResult();
    }

    private void Serve()
    {
        while (true)
        {
            ReadMail();
            if (_closing && _rows.Count == 0)
            {
                return;
            }

            ImmutableArray<BatchOutput> plan = Apply(BatchInput.Next.Step);
            if (plan.IsEmpty)
            {
                _mail.Wait();
                continue;
            }

            foreach (BatchOutput output in plan)
            {
                Execute(output);
            }

            Settle();
        }
    }

    private void ReadMail()
    {
        while (_mail.TryTake(out (MailKind Kind, EngineRow? Row) letter))
        {
            switch (letter.Kind)
            {
                case MailKind.Submit:
                    _rows.Add(letter.Row!.Id, letter.Row);
                    Do(new BatchInput.Arrive(letter.Row.Id, letter.Row.Prompt, letter.Row.Priority, letter.Row.ReusableTokens, letter.Row.RunTokens));
                    break;
                case MailKind.Cancel:
                    Forget(letter.Row!.Id);
                    break;
                case MailKind.Resume:
                    Do(new BatchInput.Resume(letter.Row!.Id));
                    break;
                default:
                    _closing = true;
                    Do(new BatchInput.Close());
                    break;
            }
        }
    }

    /// <summary>After a plan: requests that ended leave, and those whose reader is behind pause.</summary>
    private void Settle()
    {
        foreach ((long id, RowProgress progress) in _changes)
        {
            if (progress == RowProgress.Ended)
            {
                Forget(id);
            }
            else
            {
                Do(new BatchInput.Pause(id));
            }
        }

        _changes.Clear();
    }

    private void Do(BatchInput input)
    {
        foreach (BatchOutput output in Apply(input))
        {
            Execute(output);
        }
    }

    private ImmutableArray<BatchOutput> Apply(BatchInput input)
    {
        (BatchState state, ImmutableArray<BatchOutput> outputs) = BatchPolicy.Apply(_state, input);
        Volatile.Write(ref _state, state);
        return outputs;
    }

    private void Execute(BatchOutput output)
    {
        switch (output)
        {
            case BatchOutput.Decode decode:
                Decode(decode.Rows);
                break;
            case BatchOutput.Prefill prefill:
                Prefill(prefill);
                break;
            case BatchOutput.PrefillTogether together:
                PrefillTogether(together.Parts);
                break;
            case BatchOutput.Admit admit:
                _slots.Admit(_rows[admit.Id], admit.Slot, admit.Reused);
                break;
            case BatchOutput.Preempt:
                _slots.CountPreemption();
                break;
            case BatchOutput.Release release:
                _slots.Release(release.Slot, release.Kept);
                break;
            case BatchOutput.Swap swap:
                _slots.Swap(swap.First, swap.Second);
                break;
            case BatchOutput.Copy copy:
                Copy(copy);
                break;
            case BatchOutput.Refuse refuse:
                Reject(refuse.Id, Busy());
                break;
            case BatchOutput.Dismiss dismiss:
                Reject(dismiss.Id, Stopping());
                break;
        }
    }

    private void Prefill(BatchOutput.Prefill prefill)
    {
        if (_slots.Row(prefill.Slot) is not { } row || row.Id != prefill.Id)
        {
            return; // it failed earlier in this plan
        }

        Note(row, _slots.Prefill(prefill.Slot, prefill.Start, prefill.Count, prefill.IsLast, out RowProgress progress), progress);
    }

    /// <summary>Where one prompt is at fault, or is gone, each has a run of its own.</summary>
    private void PrefillTogether(ImmutableArray<BatchOutput.Prefill> parts)
    {
        if (!parts.All(part => _slots.Row(part.Slot)?.Id == part.Id) || !_slots.TryPrefillTogether(parts))
        {
            foreach (BatchOutput.Prefill part in parts)
            {
                Prefill(part);
            }

            return;
        }

        for (int i = 0; i < parts.Length; i++)
        {
            (RowProgress progress, Exception? failure) = _slots.Outcomes[i];
            Note(_slots.Row(parts[i].Slot)!, failure, progress);
        }
    }

    private void Note(EngineRow row, Exception? failure, RowProgress progress)
    {
        if (failure is not null)
        {
            Break(row.Id, failure);
        }
        else if (progress != RowProgress.GoesOn)
        {
            _changes.Add((row.Id, progress));
        }
    }

    private void Copy(BatchOutput.Copy copy)
    {
        if (!_slots.TryCopy(copy.From, copy.To, copy.Tokens) && _slots.Row(copy.To) is { } row)
        {
            Break(row.Id, new InferenceException(InferenceFault.ModelFailed, "The model failed on a prompt that begins like this one."));
        }
    }

    private void Decode(int rows)
    {
        if (_slots.Decode(_state, rows) is { } failure)
        {
            foreach (EngineRow row in _slots.Advanced.ToArray())
            {
                Break(row.Id, failure);
            }

            return;
        }

        for (int i = 0; i < _slots.Advanced.Count; i++)
        {
            (RowProgress progress, Exception? broken) = _slots.Outcomes[i];
            if (broken is not null)
            {
                _slots.Advanced[i].Fail(broken);
            }

            if (progress != RowProgress.GoesOn)
            {
                _changes.Add((_slots.Advanced[i].Id, progress));
            }
        }
    }

    /// <summary>Ends a request whose run failed; nothing of what its slot holds is used again.</summary>
    private void Break(long id, Exception failure)
    {
        if (_rows.TryGetValue(id, out EngineRow? row))
        {
            row.Fail(failure);
            Forget(id, keepPrefix: false);
        }
    }

    private void Reject(long id, InferenceException reason)
    {
        if (_rows.Remove(id, out EngineRow? row))
        {
            row.Fail(reason);
            Leave(row);
        }
    }

    private void Forget(long id, bool keepPrefix = true)
    {
        if (_rows.Remove(id, out EngineRow? row))
        {
            Do(new BatchInput.Leave(id, keepPrefix));
            Leave(row);
        }
    }

    private void Leave(EngineRow row)
    {
        Interlocked.Decrement(ref _inside);
        row.Leave();
    }

    /// <summary>A defect of the engine itself: nothing is served any more, and everybody hears so.</summary>
    private void Abandon(Exception exception)
    {
        _mail.Close();
        while (_mail.TryTake(out (MailKind Kind, EngineRow? Row) letter))
        {
            if (letter.Kind == MailKind.Submit)
            {
                _rows.Add(letter.Row!.Id, letter.Row);
            }
        }

        foreach (EngineRow row in _rows.Values)
        {
            row.Fail(new InferenceException(InferenceFault.ModelFailed, "The engine of this model has failed; the operator has to load the model again.", exception));
            Leave(row);
        }
    }
}
