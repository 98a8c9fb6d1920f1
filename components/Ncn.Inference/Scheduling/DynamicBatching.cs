using System.Collections.Immutable;

namespace Ncn.Inference.Scheduling;

/// <summary>Which requests run together, and when. Pure.</summary>
/// <remarks>
/// 1. While nothing runs and nobody is held, whatever has come starts at once: a request that is alone never waits for others.
/// 2. While something runs, requests of a group gather. A group starts on a free lane when it has all the rows that one run takes, when
/// its oldest request has waited for the longest delay, or when it can have no company; where runs go well side by side, when it is
/// large enough (5) and nobody is expected (3) but those whom a run still keeps; and on a lane that becomes free when nothing else runs,
/// but for rule 3.
/// 3. When nothing runs any more, the callers are expected back that were answered up to the longest delay ago. What waits is held until
/// as many requests wait as waited at that moment and are expected, until a run is full, or until the longest delay has passed since then;
/// the arrival that completes the number starts the run. Without this, the first caller that is back would start alone, and all others
/// would wait for it. One caller without any other is not expected, so it never waits.
/// 4. When the delay passed and not all were back, although somebody was held for them, then after the next 16 runs of which rule 3 speaks
/// no more are waited for than came this time, then 32, and so on to 256; an expectation of all that comes true sets this back. Where even
/// fewer come, it is at most half of that the next time; where it is one, nobody is held. So callers that do not come back delay others
/// after one run in 17, but for the few in which the number is halved.
/// 5. A group is shared out evenly among as many runs as go well beside those that go on, in parts of <see cref="BatchRules.LeastShare"/>
/// rows or more: smaller parts cost more for each row.
/// 6. The group whose oldest request came first goes first; requests of a group keep their order.
/// 7. No more than the allowed number waits; a further one starts on a free lane if there is any, and is turned away otherwise.
/// </remarks>
public static class DynamicBatching
{
    /// <summary>One step.</summary>
    /// <returns>The new state, and what to do, in order.</returns>
    public static (BatchState State, IReadOnlyList<BatchOutput> Outputs) Apply(BatchState state, BatchInput input)
    {
        ArgumentNullException.ThrowIfNull(state);
        return input switch
        {
            BatchInput.Arrive arrive => Arrive(state, arrive.Item),
            BatchInput.Cancel cancel => Cancel(state, cancel.Id),
            BatchInput.Finish finish => Finish(state with { Running = state.Running - 1 }, finish),
            BatchInput.Tick tick => Launch(state, tick.Now),
            BatchInput.Close => Close(state),
            _ => throw new ArgumentException($"The input {input} is of no known kind.", nameof(input)),
        };
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) Arrive(BatchState state, BatchItem item)
    {
        if (state.IsClosed)
        {
            return (state, [new BatchOutput.Dismiss(item.Id, BatchDismissal.Stopping)]);
        }

        Expectation expected = state.Expected.At(item.ArrivedAt, state.Waiting).AfterArrival();
        if (state.Running == 0 && state.Waiting == 0 && !expected.Holds)
        {
            return (state with { Running = 1, Expected = expected.Dropped() }, [new BatchOutput.Start([item])]); // 1
        }

        if (state.Waiting >= state.Rules.MaxQueued && !state.HasFreeLane)
        {
            return (state, [new BatchOutput.Dismiss(item.Id, BatchDismissal.Busy)]); // 7
        }

        return Launch(Enqueue(state with { Expected = expected }, item), item.ArrivedAt);
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) Finish(BatchState state, BatchInput.Finish finish)
    {
        Expectation expected = state.Expected.AfterRun(finish.Answered, finish.Now, state.Rules);
        return Launch(state with { Expected = state.Running == 0 ? expected.Open(state.Waiting, state.Rules) : expected }, finish.Now); // 3
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) Cancel(BatchState state, long id)
    {
        int at = state.Groups.FindIndex(group => group.Items.Any(item => item.Id == id));
        if (at < 0)
        {
            return (state, []);
        }

        BatchGroup group = state.Groups[at];
        BatchItem[] rest = [.. group.Items.Where(item => item.Id != id)];
        ImmutableList<BatchGroup> groups = state.Groups.RemoveAt(at);
        if (rest.Length > 0)
        {
            groups = Insert(groups, new BatchGroup(group.Key, ImmutableQueue.CreateRange(rest), rest.Sum(item => (long)item.Rows)));
        }

        return (state with { Groups = groups, Waiting = state.Waiting - 1 }, [new BatchOutput.Dismiss(id, BatchDismissal.Cancelled)]);
    }

    private static (BatchState, IReadOnlyList<BatchOutput>) Close(BatchState state) =>
        (state with { IsClosed = true, Groups = [], Waiting = 0 },
            [.. state.Groups.SelectMany(group => group.Items).Select(item => new BatchOutput.Dismiss(item.Id, BatchDismissal.Stopping))]);

    private static BatchState Enqueue(BatchState state, BatchItem item)
    {
        int at = item.Group == BatchItem.Alone ? -1 : state.Groups.FindIndex(group => group.Key == item.Group);
        ImmutableList<BatchGroup> groups = at < 0
            ? state.Groups.Add(new BatchGroup(item.Group, [item], item.Rows))
            : state.Groups.SetItem(at, state.Groups[at].With(item));
        return state with { Groups = groups, Waiting = state.Waiting + 1 };
    }

    /// <summary>Starts what is ready (2), and says when to look again.</summary>
    private static (BatchState, IReadOnlyList<BatchOutput>) Launch(BatchState state, long now)
    {
        var outputs = new List<BatchOutput>();
        Expectation expected = state.Expected.At(now, state.Waiting);
        state = expected == state.Expected ? state : state with { Expected = expected };
        while (state.HasFreeLane && state.Groups.FindIndex(group => IsReady(state, group, now)) is >= 0 and int at) // 6
        {
            state = Take(state, at, outputs);
        }

        if (state.HasFreeLane && state.Waiting > 0)
        {
            outputs.Add(new BatchOutput.WakeAt(state.Expected.Holds ? state.Expected.Until : state.Groups[0].Oldest.ArrivedAt + state.Rules.MaxDelay));
        }

        return (state, outputs);
    }

    private static bool IsReady(BatchState state, BatchGroup group, long now) =>
        group.Key == BatchItem.Alone
        || group.Rows >= state.Rules.MaxRows
        || state.Waiting > state.Rules.MaxQueued
        || (!state.Expected.Holds && (state.Running == 0 || now - group.Oldest.ArrivedAt >= state.Rules.MaxDelay))
        || (state.Running > 0 && state.Running < state.Rules.Shares && group.Rows >= state.Rules.LeastShare && state.Expected.Away == 0);

    /// <summary>Starts the oldest requests of a group, as many as its runs take, and at least one.</summary>
    private static BatchState Take(BatchState state, int at, List<BatchOutput> outputs)
    {
        BatchGroup group = state.Groups[at];
        state = state with { Groups = state.Groups.RemoveAt(at), Expected = state.Running == 0 ? state.Expected.Dropped() : state.Expected };
        for (int shares = Shares(state, group); shares > 0 && !group.Items.IsEmpty; shares--)
        {
            (group, BatchOutput.Start start) = Split(group, Math.Min(state.Rules.MaxRows, (group.Rows + shares - 1) / shares));
            state = state with { Waiting = state.Waiting - start.Items.Count, Running = state.Running + 1 };
            outputs.Add(start);
        }

        return group.Items.IsEmpty ? state : state with { Groups = Insert(state.Groups, group) };
    }

    private static int Shares(BatchState state, BatchGroup group) => group.Key == BatchItem.Alone
        ? 1
        : (int)Math.Clamp(group.Rows / state.Rules.LeastShare, 1, Math.Max(1, state.Rules.Shares - state.Running)); // 5

    /// <summary>The oldest requests of a group, up to so many rows, and at least one; and the rest.</summary>
    private static (BatchGroup Left, BatchOutput.Start Start) Split(BatchGroup group, long limit)
    {
        var taken = new List<BatchItem>();
        ImmutableQueue<BatchItem> rest = group.Items;
        long rows = 0;
        while (!rest.IsEmpty && (taken.Count == 0 || rows + rest.Peek().Rows <= limit))
        {
            rest = rest.Dequeue(out BatchItem item);
            taken.Add(item);
            rows += item.Rows;
        }

        return (new BatchGroup(group.Key, rest, group.Rows - rows), new BatchOutput.Start(taken));
    }

    private static ImmutableList<BatchGroup> Insert(ImmutableList<BatchGroup> groups, BatchGroup group)
    {
        int at = groups.FindIndex(other => other.Oldest.ArrivedAt > group.Oldest.ArrivedAt);
        return groups.Insert(at < 0 ? groups.Count : at, group);
    }
}
