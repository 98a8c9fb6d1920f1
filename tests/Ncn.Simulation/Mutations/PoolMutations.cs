using System.Collections.Immutable;
using Ncn.Coordination.Mempool;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;

namespace Ncn.Simulation.Mutations;

/// <summary>Mempools that are wrong.</summary>
internal static class PoolMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        Of("pool-two-leases", "a second node may take a job under the same lease", TwoLeases, Invariant.OneJobLease),
        Of("pool-token-reused", "a lost lease's token is used again", TokenReused, Invariant.LeaseTokensRise),
        Of("pool-wrong-token", "a job goes to the queue under another token than it has", WrongToken, Invariant.ReleasedUnderLease),
        Of("pool-forgets-done", "finished jobs are not remembered", ForgetsDone, Invariant.JobEndsExactlyOnce),
        Of("pool-ends-repeated", "a repeated job is thrown out", EndsRepeated, Invariant.JobEndsOnce, Invariant.ReleasedUnderLease),
        Of("pool-loses-jobs", "a job whose lease expired is dropped", LosesJobs, Invariant.BegunEnds, Invariant.QueuedIsAnswered, Invariant.PoolKeepsCapacity),
        Of("pool-sleeps", "the pool does nothing by itself", static (state, input, limits) => input is MempoolInput.Tick ? (state, []) : JobPool.Apply(state, input, limits), Invariant.TimeGoesOn, Invariant.BegunEnds),
        Of("pool-over-capacity", "the pool takes one job more than it may", static (state, input, limits) => JobPool.Apply(state, input, limits with { Capacity = limits.Capacity + 1 }), Invariant.PoolKeepsCapacity),
        Of("pool-ignores-slots", "the pool releases one job more than there are free slots", IgnoresSlots, Invariant.ReleasedWithinSlots),
        Of("pool-never-gives-up", "a job is handed out again and again", static (state, input, limits) => JobPool.Apply(state, input, limits with { MaxDeliveries = 1_000 }), Invariant.DeliveriesBounded),
        Of("pool-late", "a job is handed out after its deadline", Late, Invariant.NothingAfterDeadline),
        Of("pool-replaces-cheaply", "a job takes another's place for half the fee", static (state, input, limits) => JobPool.Apply(state, input is MempoolInput.Submit { Replaces: not null } submit ? submit with { Fee = submit.Fee + submit.Fee } : input, limits), Invariant.ReplacementPays),
        Of("pool-nobody-runs", "a job runs, and nobody knows where", NobodyRuns, Invariant.RunningJobHasNode),
    ];

    private static Mutation Of(
        string name, string words, Func<MempoolState, MempoolInput, MempoolLimits, (MempoolState, IReadOnlyList<MempoolOutput>)> pool, params ImmutableArray<string> breaks) =>
        new(name, words, new Cores { Pool = pool }, breaks);

    private static (MempoolState, IReadOnlyList<MempoolOutput>) TwoLeases(MempoolState state, MempoolInput input, MempoolLimits limits) =>
        input is MempoolInput.Accept accept && state.Find(accept.Request) is { Phase: JobPhase.Running } job && (job.Token != accept.Token || job.Node != accept.Node)
            ? (state, [new MempoolOutput.Reply(MempoolOutcome.Accepted)])
            : JobPool.Apply(state, input, limits);

    private static (MempoolState, IReadOnlyList<MempoolOutput>) TokenReused(MempoolState state, MempoolInput input, MempoolLimits limits)
    {
        var (next, outputs) = JobPool.Apply(state, input, limits);
        return input is not MempoolInput.Tick ? (next, outputs) : (next, [.. outputs.Select(static output => output switch
        {
            MempoolOutput.Release { Token: > 1 } release => release with { Token = release.Token - 1 },
            MempoolOutput.Keep { Job: { Phase: JobPhase.Released, Token: > 1 } job } keep => keep with { Job = job with { Token = job.Token - 1 } },
            _ => output,
        })]);
    }

    private static (MempoolState, IReadOnlyList<MempoolOutput>) WrongToken(MempoolState state, MempoolInput input, MempoolLimits limits)
    {
        var (next, outputs) = JobPool.Apply(state, input, limits);
        return (next, [.. outputs.Select(static output => output is MempoolOutput.Release release ? release with { Token = release.Token + 1 } : output)]);
    }

    private static (MempoolState, IReadOnlyList<MempoolOutput>) ForgetsDone(MempoolState state, MempoolInput input, MempoolLimits limits) => JobPool.Apply(
        input is MempoolInput.Submit submit && state.Find(submit.Request) is null ? new MempoolState(state.Jobs, [], state.LastToken, limits) : state, input, limits);

    private static (MempoolState, IReadOnlyList<MempoolOutput>) EndsRepeated(MempoolState state, MempoolInput input, MempoolLimits limits)
    {
        var isRepeated = input is MempoolInput.Submit { Request: var request } && state.Find(request) is not null;
        var (next, outputs) = JobPool.Apply(state, input, limits);
        return isRepeated && input is MempoolInput.Submit submit ? (next, [.. outputs, new MempoolOutput.Forget(submit.Request, input.Now)]) : (next, outputs);
    }

    private static (MempoolState, IReadOnlyList<MempoolOutput>) LosesJobs(MempoolState state, MempoolInput input, MempoolLimits limits) => JobPool.Apply(
        state.Jobs.Any(entry => IsLost(entry.Value, input.Now)) ? new MempoolState(state.Jobs.Where(entry => !IsLost(entry.Value, input.Now)), state.Remembered, state.LastToken, limits) : state, input, limits);

    private static bool IsLost(Job job, ulong now) => job.Phase == JobPhase.Running && job.Until <= now;

    private static (MempoolState, IReadOnlyList<MempoolOutput>) IgnoresSlots(MempoolState state, MempoolInput input, MempoolLimits limits) =>
        JobPool.Apply(state, input is MempoolInput.SetFreeSlots slots ? slots with { FreeSlots = slots.FreeSlots + 1 } : input, limits);

    private static (MempoolState, IReadOnlyList<MempoolOutput>) Late(MempoolState state, MempoolInput input, MempoolLimits limits)
    {
        const ulong longer = 60_000;
        var (next, outputs) = JobPool.Apply(state, input is MempoolInput.Submit submit ? submit with { Deadline = submit.Deadline + longer } : input, limits);
        return (next, [.. outputs.Select(static output => output is MempoolOutput.Keep { Job: var job } keep ? keep with { Job = job with { Deadline = job.Deadline - Math.Min(longer, job.Deadline) } } : output)]);
    }

    private static (MempoolState, IReadOnlyList<MempoolOutput>) NobodyRuns(MempoolState state, MempoolInput input, MempoolLimits limits)
    {
        var (next, outputs) = JobPool.Apply(state, input, limits);
        return (next, [.. outputs.Select(static output => output is MempoolOutput.Keep { Job: { Phase: JobPhase.Running } job } keep ? keep with { Job = job with { Node = default } } : output)]);
    }
}
