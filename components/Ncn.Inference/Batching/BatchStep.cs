using System.Collections.Immutable;

namespace Ncn.Inference.Batching;

/// <summary>One step of <see cref="BatchPolicy"/>, whose remarks have the numbers.</summary>
internal static class BatchStep
{
    private const int IdleBoost = 4;

    /// <summary>Tokens that a prompt may cost by filling up, its own or those of the prompts that it joins: a run of its own costs as much (measured on a CPU).</summary>
    private const int FillTokens = 10;

    public static (BatchState State, ImmutableArray<BatchOutput> Outputs) Take(BatchState state)
    {
        state = state with { Step = state.Step + 1 };
        if (OnlyDecoding(state))
        {
            return (state, state.Decoding == 0 ? [] : DecodeOnly(state));
        }

        var outputs = ImmutableArray.CreateBuilder<BatchOutput>();
        state = Admit(state, outputs); // 1
        state = Join(state, outputs); // 2
        state = Prefill(state, outputs); // 3
        if (state.Decoding > 0)
        {
            outputs.Add(DecodeOnly(state)[0]); // 4
        }

        return (state, outputs.ToImmutable());
    }

    private static bool OnlyDecoding(BatchState state)
    {
        foreach (BatchSlot slot in state.Slots)
        {
            if (slot.Phase is SlotPhase.Prefilling or SlotPhase.Ready)
            {
                return false;
            }
        }

        return state.Waiting.IsEmpty;
    }

    private static readonly ImmutableArray<BatchOutput>[] Decodes =
        [.. Enumerable.Range(0, 257).Select(rows => ImmutableArray.Create<BatchOutput>(new BatchOutput.Decode(rows)))];

    private static ImmutableArray<BatchOutput> DecodeOnly(BatchState state)
    {
        int rows = state.Limits.Compact ? state.Decoding : state.Slots.Length;
        return rows < Decodes.Length ? Decodes[rows] : [new BatchOutput.Decode(rows)];
    }

    private static BatchState Admit(BatchState state, ImmutableArray<BatchOutput>.Builder outputs)
    {
        while (SlotChoice.MostUrgent(state) is { } next)
        {
            if (state.Free == 0)
            {
                int victim = SlotChoice.Victim(state, next.Priority);
                if (victim < 0)
                {
                    break;
                }

                state = Evict(state, victim, outputs);
            }

            (int slot, int reused) = SlotChoice.Best(state, next);
            outputs.Add(new BatchOutput.Admit(next.Id, slot, reused));
            state = state.With(slot, new BatchSlot(SlotPhase.Prefilling, next with { Begun = true }, next.Prompt, reused, state.Step))
                with { Waiting = state.Waiting.Remove(next) };
        }

        return state;
    }

    private static BatchState Evict(BatchState state, int slot, ImmutableArray<BatchOutput>.Builder outputs)
    {
        BatchRequest evicted = state.Slots[slot].Request! with { Paused = state.Slots[slot].Phase == SlotPhase.Paused };
        outputs.Add(new BatchOutput.Preempt(evicted.Id, slot));
        state = BatchPolicy.Release(state, slot, keep: true, outputs);
        return state with { Waiting = state.Waiting.Add(evicted) };
    }

    private static BatchState Join(BatchState state, ImmutableArray<BatchOutput>.Builder outputs)
    {
        for (int slot = 0; slot < state.Slots.Length; slot++)
        {
            if (state.Slots[slot].Phase == SlotPhase.Ready)
            {
                int place = state.Limits.Compact ? state.Decoding : slot;
                state = BatchPolicy.Swap(state, slot, place, outputs);
                state = state.With(place, state.Slots[place] with { Phase = SlotPhase.Decoding }) with { Decoding = state.Decoding + 1 };
            }
        }

        return state;
    }

    private static BatchState Prefill(BatchState state, ImmutableArray<BatchOutput>.Builder outputs)
    {
        int budget = state.Limits.PrefillTokens * (state.Decoding * 2 < state.Slots.Length ? IdleBoost : 1);
        while (budget > 0 && SlotChoice.NextPrefill(state) is var slot and >= 0)
        {
            state = TakeOver(state, slot, outputs);
            BatchSlot held = state.Slots[slot];
            int run = Math.Max(state.Limits.ChunkTokens, held.Request!.LongRun);
            int count = Math.Min(run - (held.Filled % run), held.Content.Length - held.Filled);
            bool last = held.Filled + count == held.Content.Length;
            Add(state.Limits, new BatchOutput.Prefill(held.Request.Id, slot, held.Filled, count, last), outputs);
            state = state.With(slot, held with { Filled = held.Filled + count, Phase = last ? SlotPhase.Ready : SlotPhase.Prefilling, LastUsed = state.Step });
            budget -= count;
        }

        return state;
    }

    /// <summary>A whole prompt in the slot beside that of the one before shares its run.</summary>
    private static void Add(BatchLimits limits, BatchOutput.Prefill next, ImmutableArray<BatchOutput>.Builder outputs)
    {
        ImmutableArray<BatchOutput.Prefill> before = outputs.LastOrDefault() switch
        {
            BatchOutput.Prefill single => [single],
            BatchOutput.PrefillTogether together => together.Parts,
            _ => [],
        };
        if (!before.IsEmpty && next.Slot == before[^1].Slot + 1 && MayJoin(limits, before, next))
        {
            outputs[^1] = new BatchOutput.PrefillTogether(before.Add(next));
        }
        else
        {
            outputs.Add(next);
        }
    }

    private static bool MayJoin(BatchLimits limits, ImmutableArray<BatchOutput.Prefill> before, BatchOutput.Prefill next)
    {
        int longest = before.Max(part => part.Count);
        int filled = Math.Max(longest, next.Count) * (before.Length + 1);
        return before.Add(next).All(part => part is { Start: 0, IsLast: true } && !EndsAlone(limits, part.Count))
            && filled <= limits.TogetherTokens
            && filled - (longest * before.Length) - next.Count <= FillTokens;
    }

    private static bool EndsAlone(BatchLimits limits, int tokens) => limits.TileTokens > 0 && tokens > 1 && tokens % limits.TileTokens == 1;

    /// <summary>Copies what another slot holds of the same prompt, when that is more.</summary>
    private static BatchState TakeOver(BatchState state, int slot, ImmutableArray<BatchOutput>.Builder outputs)
    {
        BatchSlot held = state.Slots[slot];
        if (!state.Limits.Compact)
        {
            return state;
        }

        (int holder, int tokens) = SlotChoice.Holder(state, held.Request!, exceptSlot: slot);
        if (tokens <= held.Filled)
        {
            return state;
        }

        outputs.Add(new BatchOutput.Copy(holder, slot, tokens));
        return state.With(slot, held with { Filled = tokens }).With(holder, state.Slots[holder] with { LastUsed = state.Step });
    }
}
