using System.Collections.Immutable;

namespace Ncn.Inference.Scheduling;

/// <summary>Which requests run together, and when. Pure.</summary>
/// <remarks>
/// 1. While nothing runs, whatever has come starts at once: a request that is alone never waits for others.
/// 2. While something runs, requests of a group gather. A group starts on a free lane when it has all the rows that one run takes, when
/// its oldest request has waited for the longest delay, or when it can have no company; and on a lane that becomes free when nothing
/// else runs.
/// 3. The group whose oldest request came first goes first; requests of a group keep their order.
/// 4. No more than the allowed number waits; a further one starts on a free lane if there is any, and is turned away otherwise.
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
            BatchInput.Finish finish => Launch(state with { Running = state.Running - 1 }, finish.Now),
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

        if (state.Running == 0 && state.Waiting == 0)
        {
            return (state with { Running = 1 }, [new BatchOutput.Start([item])]); // 1
        }

        if (state.Waiting >= state.Rules.MaxQueued && !state.HasFreeLane)
        {
            return (state, [new BatchOutput.Dismiss(item.Id, BatchDismissal.Busy)]); // 4
        }

        return Launch(Enqueue(state, item), item.ArrivedAt);
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
        while (state.HasFreeLane && state.Groups.FindIndex(group => IsReady(state, group, now)) is >= 0 and int at) // 3
        {
            (state, BatchOutput.Start start) = Take(state, at);
            outputs.Add(start);
        }

        if (state.HasFreeLane && state.Waiting > 0)
        {
            outputs.Add(new BatchOutput.WakeAt(state.Groups.Min(group => group.Oldest.ArrivedAt) + state.Rules.MaxDelay));
        }

        return (state, outputs);
    }

    private static bool IsReady(BatchState state, BatchGroup group, long now) =>
        state.Running == 0
        || group.Key == BatchItem.Alone
        || group.Rows >= state.Rules.MaxRows
        || now - group.Oldest.ArrivedAt >= state.Rules.MaxDelay
        || state.Waiting > state.Rules.MaxQueued;

    /// <summary>The oldest requests of a group, as many as one run takes, and at least one.</summary>
    private static (BatchState, BatchOutput.Start) Take(BatchState state, int at)
    {
        BatchGroup group = state.Groups[at];
        var taken = new List<BatchItem>();
        ImmutableQueue<BatchItem> rest = group.Items;
        long rows = 0;
        while (!rest.IsEmpty && (taken.Count == 0 || rows + rest.Peek().Rows <= state.Rules.MaxRows))
        {
            rest = rest.Dequeue(out BatchItem item);
            taken.Add(item);
            rows += item.Rows;
        }

        ImmutableList<BatchGroup> groups = state.Groups.RemoveAt(at);
        groups = rest.IsEmpty ? groups : Insert(groups, new BatchGroup(group.Key, rest, group.Rows - rows));
        return (state with { Groups = groups, Waiting = state.Waiting - taken.Count, Running = state.Running + 1 }, new BatchOutput.Start(taken));
    }

    private static ImmutableList<BatchGroup> Insert(ImmutableList<BatchGroup> groups, BatchGroup group)
    {
        int at = groups.FindIndex(other => other.Oldest.ArrivedAt > group.Oldest.ArrivedAt);
        return groups.Insert(at < 0 ? groups.Count : at, group);
    }
}
