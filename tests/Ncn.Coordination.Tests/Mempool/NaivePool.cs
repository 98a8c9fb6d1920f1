using Ncn.Coordination.Mempool;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Mempool;

/// <summary>The mempool's rules written down as simply as can be: every step looks at every job. What <see cref="JobPool"/> is held against.</summary>
internal sealed class NaivePool(MempoolLimits limits)
{
    private readonly Dictionary<RequestId, Entry> _jobs = [];
    private readonly List<(int Class, Address Payer)> _turns = [];
    private readonly List<MempoolOutput> _outputs = [];
    private List<(RequestId Request, ulong Until)> _done = [];
    private uint? _freeSlots;
    private ulong _lastToken;
    private ulong _pausedUntil;
    private int _failures;
    private bool _overdueHadItsTurn;
    private ulong _now;

    internal uint FreeSlots => _freeSlots ?? 0;

    internal IEnumerable<KeyValuePair<RequestId, Job>> Jobs =>
        _jobs.OrderBy(static entry => entry.Key.Value).Select(static entry => KeyValuePair.Create(entry.Key, entry.Value.Job));

    internal ulong? NextWake
    {
        get
        {
            var due = _jobs.Values.Select(entry => (ulong?)Due(entry)).Min();
            return _jobs.Values.Any(static entry => entry.IsReady) && Room > 0 ? Math.Min(due ?? ulong.MaxValue, _pausedUntil) : due;
        }
    }

    private long Room => (long)FreeSlots - _jobs.Values.Count(static entry => entry.Job.Phase == JobPhase.Released);

    private IEnumerable<Entry> Living => _jobs.Values.Where(static entry => entry.Job.Phase != JobPhase.Dead);

    internal MempoolOutput[] Apply(MempoolInput input)
    {
        _now = input.Now;
        _outputs.Clear();
        switch (input)
        {
            case MempoolInput.Complete complete when _jobs.TryGetValue(complete.Request, out var job):
                Reply(MempoolOutcome.Accepted);
                _freeSlots += job.Job.Phase == JobPhase.Running ? 1u : 0;
                End(job);
                break;
            case MempoolInput.Complete:
                Reply(MempoolOutcome.Repeated);
                break;
            case MempoolInput.Buried buried when _jobs.TryGetValue(buried.Request, out var job) && job.Job.Phase == JobPhase.Dead:
                End(job);
                break;
            case MempoolInput.ReleaseFailed failed when _jobs.TryGetValue(failed.Request, out var job) && job.Job.Phase == JobPhase.Released && job.Job.Token == failed.Token:
                if (_pausedUntil <= _now)
                {
                    _pausedUntil = _now + Doubled(limits.BackoffMilliseconds, _failures++, limits.MaxBackoffMilliseconds);
                }

                Wait(job, 0, deliveries: -1);
                break;
        }

        Expire();
        Act(input);
        while (_pausedUntil <= _now && Room > 0 && HandOut(JobPhase.Released, default, limits.AcceptMilliseconds))
        {
        }

        return [.. _outputs];
    }

    internal void Crash()
    {
        (_freeSlots, _pausedUntil, _failures, _overdueHadItsTurn) = (null, 0, 0, false);
        _turns.Clear();
        var all = _jobs.Values.OrderBy(static entry => entry.Job.SubmittedAt).ThenBy(static entry => entry.Request.Value).ToArray();
        foreach (var entry in all)
        {
            entry.IsReady = false;
            Settle(entry);
        }

        _done = [.. _done.OrderBy(static entry => entry.Until).ThenBy(static entry => entry.Request.Value)];
    }

    private void Act(MempoolInput input)
    {
        switch (input)
        {
            case MempoolInput.Submit submit:
                Submit(submit);
                break;
            case MempoolInput.SetFreeSlots slots:
                _freeSlots = slots.FreeSlots;
                break;
            case MempoolInput.Take take:
                for (var left = take.Count; left > 0 && HandOut(JobPhase.Running, take.Node, limits.RunMilliseconds); left--)
                {
                }

                break;
            case MempoolInput.Cancel cancel when !_jobs.ContainsKey(cancel.Request):
                Reply(MempoolOutcome.Unknown);
                break;
            case MempoolInput.Cancel cancel when _jobs[cancel.Request].Job.Phase is JobPhase.Running or JobPhase.Dead:
                Reply(MempoolOutcome.LeaseLost);
                break;
            case MempoolInput.Cancel cancel:
                Reply(MempoolOutcome.Accepted);
                Kill(_jobs[cancel.Request], JobDeath.Cancelled);
                break;
            case MempoolInput.Accept accept when LeaseOf(accept.Request, accept.Token, accept.Node) is { } entry:
                _freeSlots -= entry.Job.Phase == JobPhase.Released && _freeSlots > 0 ? 1u : 0;
                _failures = 0;
                Reply(MempoolOutcome.Accepted);
                Set(entry, entry.Job with { Phase = JobPhase.Running, Node = accept.Node, Until = _now + limits.RunMilliseconds });
                break;
            case MempoolInput.Decline decline when LeaseOf(decline.Request, decline.Token, decline.Node) is { } entry:
                Reply(MempoolOutcome.Accepted);
                Decline(entry);
                break;
        }
    }

    private void Decline(Entry entry)
    {
        if (entry.Job.Phase == JobPhase.Running || entry.Job.Declines >= limits.MaxDeclines)
        {
            Return(entry);
            return;
        }

        var pause = Doubled(limits.DeclineMilliseconds, (int)entry.Job.Declines, limits.MaxDeclineMilliseconds);
        entry.Job = entry.Job with { Declines = entry.Job.Declines + 1 };
        Wait(entry, pause, deliveries: -1);
    }

    private void Submit(MempoolInput.Submit input)
    {
        var old = input.Replaces is { } named && _jobs.TryGetValue(named, out var found) && found.Job.Payer == input.Payer
            && found.Job.Phase is JobPhase.Waiting or JobPhase.Released ? found : null;
        var isKnown = _jobs.ContainsKey(input.Request) || _done.Any(entry => entry.Request == input.Request);
        if (isKnown || input.Deadline <= _now || (input.Replaces is not null && (old is null || input.Fee < old.Job.ReplacementFee)))
        {
            Reply(_jobs.ContainsKey(input.Request) ? MempoolOutcome.Repeated
                : isKnown ? MempoolOutcome.Ended
                : input.Deadline <= _now ? MempoolOutcome.Expired
                : old is null ? MempoolOutcome.NotReplaceable
                : MempoolOutcome.FeeTooLow);
            return;
        }

        var age = Math.Min(old?.Job.SubmittedAt ?? input.SubmittedAt, _now);
        var job = new Job(input.Payer, input.Fee, age, input.Deadline, input.Bytes, 0, 0, JobPhase.Waiting, age, 0, default, JobDeath.None);
        if (Living.Count(entry => entry != old && entry.Job.Payer == input.Payer) >= limits.MaxPerPayer)
        {
            Reply(MempoolOutcome.PayerFull);
            return;
        }

        if (Evicted(job, old) is not { } evicted)
        {
            Reply(MempoolOutcome.Full);
            return;
        }

        foreach (var entry in evicted)
        {
            Kill(entry, entry == old ? JobDeath.Replaced : JobDeath.Evicted);
        }

        Reply(MempoolOutcome.Accepted);
        var added = _jobs[input.Request] = new Entry(input.Request, job);
        _outputs.Add(new MempoolOutput.Keep(input.Request, job));
        Settle(added);
    }

    // Null: even without all those that pay less there is no room.
    private List<Entry>? Evicted(Job newcomer, Entry? old)
    {
        List<Entry> gone = old is null ? [] : [old];
        var cheaper = Living.Where(entry => entry != old && entry.Job.Phase == JobPhase.Waiting && entry.Job.Fee < newcomer.Fee)
            .OrderBy(static entry => entry.Job.Fee).ThenByDescending(static entry => entry.Job.SubmittedAt)
            .ThenByDescending(static entry => entry.Request.Value).ToArray();
        for (var i = 0; ; i++)
        {
            var rest = Living.Except(gone).ToArray();
            var bytes = rest.Append(new Entry(default, newcomer)).Aggregate(0UL, (sum, entry) => sum + entry.Job.Bytes + limits.BytesBeside);
            var isFull = _jobs.Values.Count(static entry => entry.Job.Phase == JobPhase.Dead) >= limits.Capacity;
            if (!isFull && rest.Length < limits.Capacity && bytes <= limits.MaxBytes)
            {
                return gone;
            }

            if (isFull || i == cheaper.Length)
            {
                return null;
            }

            gone.Add(cheaper[i]);
        }
    }

    private void Expire()
    {
        while (_jobs.Values.OrderBy(Due).ThenBy(static entry => entry.Request.Value).FirstOrDefault() is { } entry && Due(entry) <= _now)
        {
            switch (entry.Job.Phase)
            {
                case JobPhase.Dead:
                    Set(entry, entry.Job with { Until = _now });
                    _outputs.Add(new MempoolOutput.Bury(entry.Request, entry.Job.Death));
                    break;
                case JobPhase.Waiting when entry.Job.Deadline <= _now:
                    Kill(entry, JobDeath.Expired);
                    break;
                case JobPhase.Waiting:
                    Ready(entry);
                    break;
                default:
                    Return(entry);
                    break;
            }
        }
    }

    private bool HandOut(JobPhase phase, Address node, ulong lease)
    {
        var ready = _jobs.Values.Where(static entry => entry.IsReady).ToArray();
        if (ready.Length == 0)
        {
            return false;
        }

        var oldest = ready.OrderBy(static entry => entry.Job.SubmittedAt).ThenBy(static entry => entry.Request.Value).First();
        _overdueHadItsTurn = !_overdueHadItsTurn && oldest.Job.SubmittedAt + limits.PatienceMilliseconds <= _now;
        var chosen = oldest;
        if (!_overdueHadItsTurn)
        {
            var turn = _turns.First(turn => turn.Class == ready.Max(static entry => entry.Job.FeeClass));
            chosen = ready.Where(entry => (entry.Job.FeeClass, entry.Job.Payer) == turn).OrderByDescending(static entry => entry.Job.Fee)
                .ThenBy(static entry => entry.Job.SubmittedAt).ThenBy(static entry => entry.Request.Value).First();
            _turns.Remove(turn);
            _turns.Add(turn);
        }

        var token = ++_lastToken;
        var job = chosen.Job;
        Set(chosen, job with { Phase = phase, Node = node, Deliveries = job.Deliveries + 1, Token = token, Until = _now + lease });
        _outputs.Add(new MempoolOutput.Release(chosen.Request, token));
        return true;
    }

    private void Return(Entry entry)
    {
        if (entry.Job.Deadline <= _now || entry.Job.Deliveries >= limits.MaxDeliveries)
        {
            Kill(entry, entry.Job.Deadline <= _now ? JobDeath.Expired : JobDeath.Undeliverable);
        }
        else
        {
            Wait(entry, Doubled(limits.BackoffMilliseconds, (int)entry.Job.Deliveries - 1, limits.MaxBackoffMilliseconds), deliveries: 0);
        }
    }

    private void Wait(Entry entry, ulong pause, int deliveries) => Set(entry, entry.Job with
    {
        Phase = JobPhase.Waiting,
        Node = default,
        Until = _now + pause,
        Deliveries = (uint)(entry.Job.Deliveries + deliveries),
    });

    private void Kill(Entry entry, JobDeath death)
    {
        Set(entry, entry.Job with { Phase = JobPhase.Dead, Until = _now, Death = death, Node = default });
        _outputs.Add(new MempoolOutput.Bury(entry.Request, death));
    }

    private void End(Entry entry)
    {
        var until = _now + limits.MemoryMilliseconds;
        Unready(entry);
        _jobs.Remove(entry.Request);
        _done.Add((entry.Request, until));
        while (_done.Count > limits.MaxRemembered || _done[0].Until <= _now)
        {
            _done.RemoveAt(0);
        }

        _outputs.Add(new MempoolOutput.Forget(entry.Request, until));
    }

    private void Set(Entry entry, Job job)
    {
        Unready(entry);
        entry.Job = job;
        _outputs.Add(new MempoolOutput.Keep(entry.Request, job));
        Settle(entry);
    }

    private void Settle(Entry entry)
    {
        if (entry.Job.Phase == JobPhase.Waiting && entry.Job.Until <= entry.Job.SubmittedAt)
        {
            Ready(entry);
        }
    }

    private void Ready(Entry entry)
    {
        entry.IsReady = true;
        var turn = (entry.Job.FeeClass, entry.Job.Payer);
        if (!_turns.Contains(turn))
        {
            _turns.Add(turn);
        }
    }

    private void Unready(Entry entry)
    {
        entry.IsReady = false;
        _turns.RemoveAll(turn => !_jobs.Values.Any(other => other.IsReady && (other.Job.FeeClass, other.Job.Payer) == turn));
    }

    private Entry? LeaseOf(RequestId request, ulong token, Address node)
    {
        var entry = _jobs.GetValueOrDefault(request);
        if (entry is null || entry.Job.Phase == JobPhase.Dead)
        {
            Reply(MempoolOutcome.Unknown);
            return null;
        }

        if (entry.Job.Token == token && (entry.Job.Phase == JobPhase.Released || (entry.Job.Phase == JobPhase.Running && entry.Job.Node == node)))
        {
            return entry;
        }

        Reply(MempoolOutcome.LeaseLost);
        return null;
    }

    private ulong Due(Entry entry) => entry.Job.Phase switch
    {
        JobPhase.Waiting => entry.IsReady ? entry.Job.Deadline : Math.Min(entry.Job.Until, entry.Job.Deadline),
        JobPhase.Dead => entry.Job.Until + limits.BuryAgainMilliseconds,
        _ => entry.Job.Until,
    };

    private void Reply(MempoolOutcome outcome) => _outputs.Add(new MempoolOutput.Reply(outcome));

    private static ulong Doubled(ulong first, int doublings, ulong most) => Math.Min(first << Math.Min(doublings, 20), most);

    private sealed class Entry(RequestId request, Job job)
    {
        internal Job Job { get; set; } = job;

        internal bool IsReady { get; set; }

        internal RequestId Request { get; } = request;
    }
}
