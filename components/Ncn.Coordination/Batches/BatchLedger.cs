namespace Ncn.Coordination.Batches;

/// <summary>The pure core of a batch: which lines have their results, who drives it, and how it ends.</summary>
/// <remarks>
/// Invariants, kept by every step: a line is settled once; succeeded + failed = settled lines ≤ lines; one runner's lease is good at a
/// time, and only its token settles and finishes; a batch ends once; it completes only when every line is settled; a wish to cancel that
/// came before the last line counts.
/// </remarks>
public static class BatchLedger
{
    /// <summary>One step. The state is to be durable before the outputs are carried out.</summary>
    public static (BatchState State, IReadOnlyList<BatchOutput> Outputs) Apply(BatchState state, BatchInput input, BatchLimits limits)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(limits);
        return input switch
        {
            BatchInput.Create create => Create(state, create, limits),
            BatchInput.Tick => Tick(state, input.Now, limits),
            _ when state.Phase == BatchPhase.None => Reply(state, BatchOutcome.Unknown),
            BatchInput.Claim claim => Claim(Expire(state, input.Now), claim, limits),
            BatchInput.Settle settle => Settle(Expire(state, input.Now), settle),
            BatchInput.Cancel => Cancel(Expire(state, input.Now), input.Now),
            BatchInput.Finish finish => Finish(Expire(state, input.Now), finish, limits),
            _ => throw new ArgumentException($"{input.GetType().Name} is not an input of a batch.", nameof(input)),
        };
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) Create(BatchState state, BatchInput.Create input, BatchLimits limits)
    {
        if (state.Phase != BatchPhase.None)
        {
            return Reply(state, state.Fingerprint == input.Fingerprint ? BatchOutcome.Repeated : BatchOutcome.Conflict);
        }

        if (input.Lines < 1 || input.Lines > limits.MaxLines || input.ExpiresAt <= input.Now || input.ExpiresAt - input.Now > limits.MaxWindowMilliseconds)
        {
            return Reply(state, BatchOutcome.Invalid);
        }

        var created = new BatchState(BatchPhase.InProgress, input.Lines, input.Fingerprint, input.Now, input.ExpiresAt)
        {
            Settled = new byte[(input.Lines + 7) / 8],
        };
        return (created, [new BatchOutput.Reply(BatchOutcome.Accepted), new BatchOutput.WakeAt(input.ExpiresAt + limits.MemoryMilliseconds)]);
    }

    private static BatchState Expire(BatchState state, ulong now) =>
        state.Phase == BatchPhase.InProgress && now >= state.ExpiresAt ? state with { Phase = BatchPhase.Expiring } : state;

    private static (BatchState, IReadOnlyList<BatchOutput>) Claim(BatchState state, BatchInput.Claim input, BatchLimits limits)
    {
        if (state.IsEnded)
        {
            return Reply(state, BatchOutcome.Ended);
        }

        var isHeld = input.Now < state.LeaseUntil;
        if (isHeld && state.Runner != input.Runner)
        {
            return Reply(state, BatchOutcome.LeaseLost);
        }

        return Reply(
            state with
            {
                Runner = input.Runner,
                LeaseToken = isHeld ? state.LeaseToken : state.LeaseToken + 1,
                LeaseUntil = input.Now + limits.LeaseMilliseconds,
            },
            BatchOutcome.Accepted);
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) Settle(BatchState state, BatchInput.Settle input)
    {
        if (Refusal(state, input.Token) is { } refusal)
        {
            return Reply(state, refusal);
        }

        var settled = state.Settled.ToArray();
        var next = state;
        foreach (var line in input.Lines.Where(line => line.Line >= 0 && line.Line < state.Lines))
        {
            var bit = (byte)(1 << (line.Line % 8));
            if ((settled[line.Line / 8] & bit) != 0)
            {
                continue;
            }

            settled[line.Line / 8] |= bit;
            next = next with
            {
                Succeeded = next.Succeeded + (line.IsSuccess ? 1 : 0),
                Failed = next.Failed + (line.IsSuccess ? 0 : 1),
                Charged = next.Charged + line.Charged,
            };
        }

        next = next with { Settled = settled };
        var isWhole = next.Phase is BatchPhase.InProgress or BatchPhase.Expiring && next.Succeeded + next.Failed == next.Lines;
        return Reply(isWhole ? next with { Phase = BatchPhase.Finalizing, FinalizingAt = input.Now } : next, BatchOutcome.Accepted);
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) Cancel(BatchState state, ulong now) => state.Phase switch
    {
        BatchPhase.InProgress or BatchPhase.Expiring =>
            Reply(state with { Phase = BatchPhase.Cancelling, CancellingAt = now }, BatchOutcome.Accepted),
        BatchPhase.Cancelling => Reply(state, BatchOutcome.Repeated),
        _ => Reply(state, BatchOutcome.Ended),
    };

    private static (BatchState, IReadOnlyList<BatchOutput>) Finish(BatchState state, BatchInput.Finish input, BatchLimits limits)
    {
        if (Refusal(state, input.Token) is { } refusal)
        {
            return Reply(state, refusal);
        }

        if (state.Phase == BatchPhase.InProgress)
        {
            return Reply(state, BatchOutcome.NotDone);
        }

        var ended = state with
        {
            Phase = state.Phase switch
            {
                BatchPhase.Cancelling => BatchPhase.Cancelled,
                BatchPhase.Expiring => BatchPhase.Expired,
                _ => BatchPhase.Completed,
            },
            EndedAt = input.Now,
            LeaseUntil = 0,
        };
        return (ended, [new BatchOutput.Reply(BatchOutcome.Accepted), new BatchOutput.WakeAt(input.Now + limits.MemoryMilliseconds)]);
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) Tick(BatchState state, ulong now, BatchLimits limits)
    {
        if (state.Phase == BatchPhase.None)
        {
            return (state, [new BatchOutput.Forget()]);
        }

        // One that nobody finished (its gateway is gone for good) is forgotten like one that ended when it expired.
        var forgetAt = (state.IsEnded ? state.EndedAt : state.ExpiresAt) + limits.MemoryMilliseconds;
        return now >= forgetAt ? (BatchState.Empty, [new BatchOutput.Forget()]) : (state, [new BatchOutput.WakeAt(forgetAt)]);
    }

    private static BatchOutcome? Refusal(BatchState state, ulong token) =>
        state.IsEnded ? BatchOutcome.Ended : state.LeaseToken != token ? BatchOutcome.LeaseLost : null;

    private static (BatchState, IReadOnlyList<BatchOutput>) Reply(BatchState state, BatchOutcome outcome) => (state, [new BatchOutput.Reply(outcome)]);
}
