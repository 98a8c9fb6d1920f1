using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;

namespace Ncn.Inference.Batching;

/// <summary>Which row has which slot, how many tokens each slot holds, and the runs over them.</summary>
internal sealed class EngineSlots(IDecoderRuntime runtime, EngineMetrics metrics)
{
    /// <summary>Logits of one step from which rows are worth a thread each.</summary>
    private const long ParallelLogits = 1 << 18;

    private readonly EngineRow?[] _rows = new EngineRow?[runtime.Slots];
    private readonly int[] _filled = new int[runtime.Slots];
    private readonly int[] _tokens = new int[runtime.Slots];
    private readonly int[] _positions = new int[runtime.Slots];
    private readonly int[] _places = new int[runtime.Slots];
    private readonly (RowProgress Progress, Exception? Failure)[] _outcomes = new (RowProgress, Exception?)[runtime.Slots];
    private readonly List<EngineRow> _advanced = new(runtime.Slots);
    private long _reused;
    private long _prompt;
    private long _steps;
    private long _decoded;
    private long _preemptions;
    private long _failures;

    /// <summary>The rows of the last decoding step.</summary>
    public IReadOnlyList<EngineRow> Advanced => _advanced;

    /// <summary>What became of each of them, or of the prompts that were computed together.</summary>
    public ReadOnlySpan<(RowProgress Progress, Exception? Failure)> Outcomes => _outcomes;

    public EngineRow? Row(int slot) => _rows[slot];

    public EngineStatistics Count(int active, int waiting) => new(
        runtime.Slots, active, waiting, _filled.Sum(), (long)runtime.Slots * runtime.Length, Interlocked.Read(ref _reused), Interlocked.Read(ref _prompt),
        Interlocked.Read(ref _steps), Interlocked.Read(ref _decoded), Interlocked.Read(ref _preemptions), Interlocked.Read(ref _failures));

    public void CountPreemption() => Interlocked.Increment(ref _preemptions);

    public void Admit(EngineRow row, int slot, int reused)
    {
        (_rows[slot], _filled[slot]) = (row, reused);
        Interlocked.Add(ref _reused, reused);
        row.Begin();
    }

    public void Release(int slot, int kept) => (_rows[slot], _filled[slot]) = (null, kept);

    /// <summary>False when the source does not hold what was expected, because its run failed.</summary>
    public bool TryCopy(int from, int to, int tokens)
    {
        if (_filled[from] < tokens)
        {
            return false;
        }

        runtime.Copy(from, to, tokens);
        Interlocked.Add(ref _reused, tokens - _filled[to]);
        _filled[to] = tokens;
        return true;
    }

    public void Swap(int first, int second)
    {
        if (_filled[second] == 0)
        {
            runtime.Copy(first, second, _filled[first]);
        }
        else if (_filled[first] == 0)
        {
            runtime.Copy(second, first, _filled[second]);
        }
        else
        {
            runtime.Swap(first, second, Math.Max(_filled[first], _filled[second]));
        }

        (_rows[first], _rows[second]) = (_rows[second], _rows[first]);
        (_filled[first], _filled[second]) = (_filled[second], _filled[first]);
    }

    /// <summary>Computes part of a row's prompt; returns why that failed, if it did.</summary>
    public Exception? Prefill(int slot, int start, int count, bool isLast, out RowProgress progress)
    {
        EngineRow row = _rows[slot]!;
        progress = RowProgress.GoesOn;
        try
        {
            runtime.Prefill(slot, row.Prompt.Span.Slice(start, count), start, Math.Clamp(row.LooksFrom - start, 0, count - 1));
        }
        catch (OnnxRuntimeException exception)
        {
            return RunFailed(exception);
        }

        (progress, Exception? broken) = Computed(slot, start, count, isLast);
        return broken;
    }

    /// <summary>Computes whole prompts in one run; <see cref="Outcomes"/> says what became of each. False when the run failed, which is nobody's fault yet.</summary>
    public bool TryPrefillTogether(ImmutableArray<BatchOutput.Prefill> parts)
    {
        WholePrompt[] prompts = [.. parts.Select(part => new WholePrompt(_rows[part.Slot]!.Prompt[..part.Count], _rows[part.Slot]!.LooksFrom))];
        try
        {
            runtime.PrefillTogether(parts[0].Slot, prompts);
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }

        for (int i = 0; i < parts.Length; i++)
        {
            runtime.LookAt(i);
            _outcomes[i] = Computed(parts[i].Slot, 0, parts[i].Count, isLast: true);
        }

        return true;
    }

    private (RowProgress Progress, Exception? Failure) Computed(int slot, int start, int count, bool isLast)
    {
        _filled[slot] = start + count;
        Interlocked.Add(ref _prompt, count);
        return Guarded(() =>
        {
            _rows[slot]!.Computed(runtime, start, count);
            return isLast ? _rows[slot]!.Advance(runtime.Logits(count - 1)) : RowProgress.GoesOn;
        });
    }

    /// <summary>Decodes one token for each decoding slot; returns why the run failed, if it did.</summary>
    public Exception? Decode(BatchState state, int rows)
    {
        _advanced.Clear();
        for (int slot = 0; slot < rows; slot++)
        {
            bool decodes = state.Slots[slot].Phase == SlotPhase.Decoding;

            // A row that only fills up the batch writes behind what its slot holds, where the next real token goes.
            (_tokens[slot], _positions[slot]) = decodes ? (_rows[slot]!.NextToken, _filled[slot]) : (0, Math.Min(_filled[slot], runtime.Length - 1));
            if (decodes)
            {
                _places[_advanced.Count] = slot;
                _advanced.Add(_rows[slot]!);
            }
        }

        try
        {
            runtime.Decode(_tokens.AsSpan(0, rows), _positions.AsSpan(0, rows));
        }
        catch (OnnxRuntimeException exception)
        {
            return RunFailed(exception);
        }

        Interlocked.Increment(ref _steps);
        Interlocked.Add(ref _decoded, _advanced.Count);
        metrics.RecordBatch(_advanced.Count);
        AdvanceAll();
        return null;
    }

    private void AdvanceAll()
    {
        for (int i = 0; i < _advanced.Count; i++)
        {
            _filled[_places[i]]++;
        }

        if (_advanced.Count > 1 && (long)_advanced.Count * runtime.Logits(_places[0]).Length >= ParallelLogits)
        {
            Parallel.For(0, _advanced.Count, AdvanceOne);
            return;
        }

        for (int i = 0; i < _advanced.Count; i++)
        {
            AdvanceOne(i);
        }
    }

    private void AdvanceOne(int i) => _outcomes[i] = Guarded(() => _advanced[i].Advance(runtime.Logits(_places[i])));

    private static (RowProgress, Exception?) Guarded(Func<RowProgress> advance)
    {
        try
        {
            return (advance(), null);
        }
        catch (InferenceException exception)
        {
            return (RowProgress.Ended, exception);
        }
#pragma warning disable CA1031 // One request's defect, whatever it is, must not end those beside it; its caller gets it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return (RowProgress.Ended, Failed(exception));
        }
    }

    private InferenceException RunFailed(OnnxRuntimeException exception)
    {
        Interlocked.Increment(ref _failures);
        return Failed(exception);
    }

    private static InferenceException Failed(Exception inner) => new(InferenceFault.ModelFailed, "The model failed while it generated.", inner);
}
