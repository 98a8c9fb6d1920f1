namespace Ncn.Inference.Batching;

/// <summary>Which request, and which slot, is next.</summary>
internal static class SlotChoice
{
    /// <summary>The waiting request that gets the next slot; null when none can run.</summary>
    public static BatchRequest? MostUrgent(BatchState state)
    {
        BatchRequest? best = null;
        foreach (BatchRequest waiting in state.Waiting)
        {
            if (!waiting.Paused && (best is null || Rank(state, waiting, waiting.Prompt.Length).CompareTo(Rank(state, best, best.Prompt.Length)) < 0))
            {
                best = waiting;
            }
        }

        return best;
    }

    /// <summary>The slot whose prompt is computed next; -1 when there is none.</summary>
    public static int NextPrefill(BatchState state)
    {
        int best = -1;
        for (int i = 0; i < state.Slots.Length; i++)
        {
            if (state.Slots[i].Phase == SlotPhase.Prefilling && (best < 0 || Rank(state, i).CompareTo(Rank(state, best)) < 0))
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>The slot that someone of this priority may take when none is free: a paused one, else one of the lowest priority below this, the latest arrival first; -1 for none.</summary>
    public static int Victim(BatchState state, int priority)
    {
        int best = -1;
        for (int i = 0; i < state.Slots.Length; i++)
        {
            BatchSlot slot = state.Slots[i];
            bool mayGo = slot.Request is { } held && (held.Priority < priority || (slot.Phase == SlotPhase.Paused && held.Priority <= priority));
            if (mayGo && (best < 0 || Cost(slot).CompareTo(Cost(state.Slots[best])) < 0))
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>
    /// A free slot for a request, and how much of its prompt is there: the one that holds the longest beginning, unless more than that
    /// would be lost and another slot can take a copy; else the one unused for longest.
    /// </summary>
    public static (int Slot, int Reused) Best(BatchState state, BatchRequest request)
    {
        int oldest = -1;
        int longest = -1;
        int tokens = 0;
        for (int i = 0; i < state.Slots.Length; i++)
        {
            if (state.Slots[i].Phase == SlotPhase.Free)
            {
                oldest = oldest < 0 || state.Slots[i].LastUsed < state.Slots[oldest].LastUsed ? i : oldest;
                int shared = Shared(state, state.Slots[i], request);
                (longest, tokens) = shared > tokens ? (i, shared) : (longest, tokens);
            }
        }

        bool keep = longest >= 0 && state.Limits.Compact && longest != oldest && state.Slots[longest].Filled > tokens;
        return longest >= 0 && !keep ? (longest, tokens) : (oldest, oldest == longest ? tokens : 0);
    }

    /// <summary>The slot that holds the longest beginning of a request's prompt in whole chunks.</summary>
    public static (int Slot, int Tokens) Holder(BatchState state, BatchRequest request, int exceptSlot)
    {
        (int Slot, int Tokens) best = (-1, 0);
        for (int i = 0; i < state.Slots.Length; i++)
        {
            if (i != exceptSlot && Shared(state, state.Slots[i], request) is var shared && shared > best.Tokens)
            {
                best = (i, shared);
            }
        }

        return best;
    }

    private static int Shared(BatchState state, BatchSlot slot, BatchRequest request)
    {
        int length = slot.Request is { LongRun: > 0 } ? 0 : Math.Min(slot.Filled, request.ReusableTokens);
        int common = length == 0 ? 0 : slot.Content.Span[..length].CommonPrefixLength(request.Prompt.Span);
        return common / state.Limits.ChunkTokens * state.Limits.ChunkTokens;
    }

    private static (int, long, long) Rank(BatchState state, int slot) =>
        Rank(state, state.Slots[slot].Request!, state.Slots[slot].Content.Length - state.Slots[slot].Filled);

    private static (int Urgency, long Left, long Order) Rank(BatchState state, BatchRequest request, int left) =>
        (-request.Priority, left - ((state.Step - request.ArrivedStep) * state.Limits.AgingTokens), request.Order);

    private static (int, int, long) Cost(BatchSlot slot) =>
        (slot.Phase == SlotPhase.Paused ? 0 : 1, slot.Request!.Priority, -slot.Request.Order);
}
