using System.Collections.Immutable;
using Ncn.Coordination.Mempool;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Actors;

/// <summary>A step on the mempool.</summary>
internal sealed record PoolCall(Func<ulong, MempoolInput> Step, string Label)
{
    public override string ToString() => Label;
}

/// <summary>A job on the work queue.</summary>
internal sealed record WorkMessage(RequestId Request, ulong Token)
{
    public override string ToString() => $"work under lease {Token}";
}

/// <summary>A job that was given up, on the topic results.</summary>
internal sealed record JobGivenUp(RequestId Request, JobDeath Death)
{
    public override string ToString() => $"job given up: {Death}";
}

/// <summary>What is kept of a pool: its entries, and the last token.</summary>
internal sealed record PoolBook(ImmutableSortedDictionary<Hash32, Job> Jobs, ImmutableSortedDictionary<Hash32, ulong> Done, ulong LastToken)
{
    internal static PoolBook Empty { get; } = new(ImmutableSortedDictionary<Hash32, Job>.Empty, ImmutableSortedDictionary<Hash32, ulong>.Empty, 0);

    /// <summary>The pool as it comes back after a crash.</summary>
    internal MempoolState Open() => new(
        Jobs.Select(static entry => KeyValuePair.Create(new RequestId(entry.Key), entry.Value)),
        Done.Select(static entry => KeyValuePair.Create(new RequestId(entry.Key), entry.Value)), LastToken, Bounds.Pool);

    /// <summary>After a step: what it said to keep and to forget.</summary>
    internal PoolBook After(IReadOnlyList<MempoolOutput> outputs, ulong lastToken, ulong now)
    {
        var (jobs, done) = (Jobs, Done);
        foreach (var output in outputs)
        {
            if (output is MempoolOutput.Keep keep)
            {
                jobs = jobs.SetItem(keep.Request.Value, keep.Job);
            }
            else if (output is MempoolOutput.Forget forget)
            {
                jobs = jobs.Remove(forget.Request.Value);
                done = done.RemoveRange(done.Where(entry => entry.Value <= now).Select(static entry => entry.Key)).SetItem(forget.Request.Value, forget.RememberUntil);
            }
        }

        return ReferenceEquals(jobs, Jobs) && ReferenceEquals(done, Done) && lastToken == LastToken ? this : new PoolBook(jobs, done, lastToken);
    }
}

/// <summary>The MempoolActor: its outputs are carried out inside the turn, after the commit.</summary>
internal sealed class PoolCell(RegistryProcess host, string key) : Cell<PoolBook>(host, key, PoolBook.Empty)
{
    private MempoolState? _live;
    private ulong? _wakeAt;

    internal void Receive(PoolCall call, Action<MempoolOutcome?> reply) => Enter(() => TurnAsync(call.Step, call.Label, reply));

    /// <summary>The reminder that was set last.</summary>
    internal void Wake()
    {
        _wakeAt = null;
        Enter(() => TurnAsync(static now => new MempoolInput.Tick(now), "time passes", null));
    }

    private async Flow TurnAsync(Func<ulong, MempoolInput> step, string label, Action<MempoolOutcome?>? reply)
    {
        var (before, input) = (State, step(Now));
        var (live, outputs) = Host.Cores.Pool(_live ?? before.Open(), input, Bounds.Pool);
        _live = live;
        var next = before.After(outputs, live.LastToken, input.Now);
        Host.Invariants.Pool.Check(before, input, next, outputs, live);
        SetReminder(live, input.Now);
        var isDone = await Commit(next);
        if (outputs.Count > 0)
        {
            Host.Say($"mempool: {label}: {Words(outputs)}{(isDone ? string.Empty : ", and the store fails")}");
        }

        if (!isDone)
        {
            (_live, _wakeAt) = (null, null);
            reply?.Invoke(null);
            return;
        }

        await CarryOutAsync(input, outputs);
        reply?.Invoke(outputs.OfType<MempoolOutput.Reply>().Select(static made => (MempoolOutcome?)made.Outcome).FirstOrDefault());
    }

    private async Flow CarryOutAsync(MempoolInput input, IReadOnlyList<MempoolOutput> outputs)
    {
        if (input is MempoolInput.Accept accept && outputs.Contains(new MempoolOutput.Reply(MempoolOutcome.Accepted)))
        {
            Host.Invariants.Pool.Granted(accept);
        }

        foreach (var output in outputs)
        {
            if (output is MempoolOutput.Release release)
            {
                await SendAsync(release);
            }
            else if (output is MempoolOutput.Bury bury)
            {
                await BuryAsync(bury);
            }
        }
    }

    private string Words(IReadOnlyList<MempoolOutput> outputs) => Host.World.IsRecording ? string.Join(", ", outputs.Where(static output => output is not MempoolOutput.Keep).Select(output => output switch
    {
        MempoolOutput.Reply reply => $"{reply.Outcome}",
        MempoolOutput.Release release => $"{NameOf(release.Request)} is released under lease {release.Token}",
        MempoolOutput.Bury bury => $"{NameOf(bury.Request)} is dead: {bury.Death}",
        MempoolOutput.Forget forget => $"{NameOf(forget.Request)} is out",
        _ => $"{output.GetType().Name}",
    })) : string.Empty;

    private string NameOf(RequestId request) => Host.Invariants.Money.OrderOf(request).Key;

    // Before the commit: a reminder too many wakes an actor for nothing, one too few loses a job.
    private void SetReminder(MempoolState live, ulong now)
    {
        if (JobPool.NextWake(live) is { } wanted && !(_wakeAt is { } set && set <= wanted && set > now))
        {
            Host.Remind(Key, wanted > now ? wanted - now : 0, Wake);
            _wakeAt = wanted;
        }
    }

    private async Flow SendAsync(MempoolOutput.Release release)
    {
        if (await Host.Ask(Host.Broker, new Enqueue(new WorkMessage(release.Request, release.Token)), 1_000) is null)
        {
            await TurnAsync(now => new MempoolInput.ReleaseFailed(now, release.Request, release.Token), $"lease {release.Token} is not on the queue", null);
        }
    }

    private async Flow BuryAsync(MempoolOutput.Bury bury)
    {
        if (await Host.Ask(Host.Broker, new Publish(new JobGivenUp(bury.Request, bury.Death)), 1_000) is not null)
        {
            await TurnAsync(now => new MempoolInput.Buried(now, bury.Request), "told", null);
        }
    }
}
