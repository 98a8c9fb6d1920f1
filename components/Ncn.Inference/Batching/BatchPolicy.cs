using System.Collections.Immutable;

namespace Ncn.Inference.Batching;

/// <summary>Decides what an engine does next. Pure: no clock, no tasks; its time is the number of steps.</summary>
/// <remarks>
/// A step is:
/// 1. Waiting requests get free slots: higher priority first, then the shorter prompt, less what it gained by waiting. When no slot
///    is free, the most urgent one takes that of a paused request, or of one with a lower priority (<see cref="SlotChoice"/>).
/// 2. Slots whose prompt is complete join the decoding ones, which are kept together at the beginning.
/// 3. Some chunks of prompts are computed, those with the least left first; whole prompts of like length in neighbouring slots together.
///    A chunk that another slot holds already is copied.
/// 4. All decoding slots decode one token.
/// </remarks>
public static class BatchPolicy
{
    private static readonly ImmutableArray<BatchOutput> Nothing = [];

    /// <summary>Takes an input and returns the state after it, and what is to be done.</summary>
    public static (BatchState State, ImmutableArray<BatchOutput> Outputs) Apply(BatchState state, BatchInput input)
    {
        ArgumentNullException.ThrowIfNull(state);
        return input switch
        {
            BatchInput.Next => BatchStep.Take(state),
            BatchInput.Arrive arrive => Arrive(state, arrive),
            BatchInput.Leave leave => Leave(state, leave),
            BatchInput.Pause pause => Pause(state, pause.Id),
            BatchInput.Resume resume => (Resume(state, resume.Id), Nothing),
            BatchInput.Close => Close(state),
            _ => throw new ArgumentException($"The policy does not know the input {input?.GetType().Name}.", nameof(input)),
        };
    }

    private static (BatchState, ImmutableArray<BatchOutput>) Arrive(BatchState state, BatchInput.Arrive arrive)
    {
        if (state.Waiting.Count >= state.Limits.MaxWaiting + state.Free)
        {
            return (state, [new BatchOutput.Refuse(arrive.Id)]);
        }

        int chunk = state.Limits.ChunkTokens;
        int reusable = Math.Min(arrive.ReusableTokens, arrive.Prompt.Length - 1) / chunk * chunk; // the last token's logits are always needed
        var request = new BatchRequest(arrive.Id, state.Arrivals, state.Step, arrive.Prompt, arrive.Priority, reusable) { LongRun = arrive.RunTokens > chunk ? arrive.RunTokens : 0 };
        return (state with { Waiting = state.Waiting.Add(request), Arrivals = state.Arrivals + 1 }, Nothing);
    }

    private static (BatchState, ImmutableArray<BatchOutput>) Leave(BatchState state, BatchInput.Leave leave)
    {
        int slot = state.SlotOf(leave.Id);
        if (slot < 0)
        {
            return (state with { Waiting = state.Waiting.RemoveAll(waiting => waiting.Id == leave.Id) }, Nothing);
        }

        var outputs = ImmutableArray.CreateBuilder<BatchOutput>();
        state = Release(state, slot, leave.KeepPrefix, outputs);
        return (state, outputs.ToImmutable());
    }

    /// <summary>Takes a request from its slot. Only whole chunks of its prompt stay: only they have the bits that another request would compute.</summary>
    internal static BatchState Release(BatchState state, int slot, bool keep, ImmutableArray<BatchOutput>.Builder outputs)
    {
        BatchSlot held = state.Slots[slot];
        int kept = keep && held.Request!.LongRun == 0 ? held.Filled / state.Limits.ChunkTokens * state.Limits.ChunkTokens : 0;
        outputs.Add(new BatchOutput.Release(held.Request!.Id, slot, kept));
        (state, int place) = StopDecoding(state, slot, outputs);
        return state.With(place, new BatchSlot(SlotPhase.Free, null, held.Content[..kept], kept, kept > 0 ? state.Step : -1));
    }

    /// <summary>Takes a slot out of the decoding ones and returns where it is then.</summary>
    private static (BatchState State, int Slot) StopDecoding(BatchState state, int slot, ImmutableArray<BatchOutput>.Builder outputs)
    {
        if (state.Slots[slot].Phase != SlotPhase.Decoding)
        {
            return (state, slot);
        }

        state = state with { Decoding = state.Decoding - 1 };
        return state.Limits.Compact ? (Swap(state, slot, state.Decoding, outputs), state.Decoding) : (state, slot);
    }

    internal static BatchState Swap(BatchState state, int first, int second, ImmutableArray<BatchOutput>.Builder outputs)
    {
        if (first == second)
        {
            return state;
        }

        outputs.Add(new BatchOutput.Swap(first, second));
        return state with { Slots = state.Slots.SetItem(first, state.Slots[second]).SetItem(second, state.Slots[first]) };
    }

    private static (BatchState, ImmutableArray<BatchOutput>) Pause(BatchState state, long id)
    {
        int slot = state.SlotOf(id);
        if (slot < 0)
        {
            return (Mark(state, id, paused: true), Nothing);
        }

        if (state.Slots[slot].Phase is not (SlotPhase.Decoding or SlotPhase.Ready))
        {
            return (state, Nothing);
        }

        var outputs = ImmutableArray.CreateBuilder<BatchOutput>();
        (state, slot) = StopDecoding(state, slot, outputs);
        return (state.With(slot, state.Slots[slot] with { Phase = SlotPhase.Paused }), outputs.ToImmutable());
    }

    private static BatchState Resume(BatchState state, long id)
    {
        int slot = state.SlotOf(id);
        return slot < 0 ? Mark(state, id, paused: false)
            : state.Slots[slot].Phase == SlotPhase.Paused ? state.With(slot, state.Slots[slot] with { Phase = SlotPhase.Ready }) : state;
    }

    private static BatchState Mark(BatchState state, long id, bool paused)
    {
        int index = state.Waiting.FindIndex(waiting => waiting.Id == id);
        return index < 0 ? state : state with { Waiting = state.Waiting.SetItem(index, state.Waiting[index] with { Paused = paused }) };
    }

    private static (BatchState, ImmutableArray<BatchOutput>) Close(BatchState state)
    {
        ImmutableArray<BatchOutput> outputs = [.. state.Waiting.Where(waiting => !waiting.Begun).Select(waiting => new BatchOutput.Dismiss(waiting.Id))];
        return (state with { Waiting = state.Waiting.RemoveAll(waiting => !waiting.Begun) }, outputs);
    }
}
