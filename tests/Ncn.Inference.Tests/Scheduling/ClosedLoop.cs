using Ncn.Inference.Scheduling;

namespace Ncn.Inference.Tests.Scheduling;

/// <summary>Callers in virtual time, each of which sends its next request a while after it got its answer.</summary>
/// <param name="rules">The policy's limits.</param>
/// <param name="length">Microseconds of a run with so many rows.</param>
/// <param name="pause">Microseconds from a caller's answer to its next request.</param>
internal sealed class ClosedLoop(BatchRules rules, Func<int, long> length, Func<long> pause)
{
    private readonly PriorityQueue<Action, long> _events = new();
    private readonly List<int> _runs = [];
    private readonly HashSet<long> _gone = [];
    private readonly Dictionary<long, long> _caller = [];
    private BatchState _state = new(rules);
    private long _last;

    public long Now { get; private set; }

    /// <summary>Rows of each run so far.</summary>
    public IReadOnlyList<int> Runs => _runs;

    /// <summary>Longest time that a request waited since <see cref="Forget"/>.</summary>
    public long LongestWait { get; private set; }

    public void Call(long caller, long at) => _events.Enqueue(() => Arrive(caller), at);

    /// <summary>The caller sends no further request.</summary>
    public void Leave(long caller) => _gone.Add(caller);

    public void Forget()
    {
        _runs.Clear();
        LongestWait = 0;
    }

    public ClosedLoop Until(long time)
    {
        while (_events.TryPeek(out Action? next, out long at) && at <= time)
        {
            Now = at;
            _events.Dequeue();
            next();
        }

        Now = time;
        return this;
    }

    private void Arrive(long caller)
    {
        if (!_gone.Contains(caller))
        {
            _caller[++_last] = caller;
            Apply(new BatchInput.Arrive(new BatchItem(_last, 1, 1, Now)));
        }
    }

    private void Apply(BatchInput input)
    {
        (_state, IReadOnlyList<BatchOutput> outputs) = DynamicBatching.Apply(_state, input);
        foreach (BatchOutput output in outputs)
        {
            if (output is BatchOutput.WakeAt wake)
            {
                _events.Enqueue(() => Apply(new BatchInput.Tick(Now)), wake.Time);
            }
            else if (output is BatchOutput.Start start)
            {
                Run(start.Items);
            }
        }
    }

    private void Run(IReadOnlyList<BatchItem> items)
    {
        _runs.Add(items.Count);
        LongestWait = Math.Max(LongestWait, items.Max(item => Now - item.ArrivedAt));
        _events.Enqueue(() => End(items), Now + length(items.Count));
    }

    private void End(IReadOnlyList<BatchItem> items)
    {
        Apply(new BatchInput.Finish(Now, items.Count));
        foreach (BatchItem item in items)
        {
            Call(_caller[item.Id], Now + pause());
        }
    }
}
