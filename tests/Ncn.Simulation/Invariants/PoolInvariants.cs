using Ncn.Coordination.Mempool;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Invariants;

/// <summary>The remarks of <see cref="JobPool"/>, over what the shell keeps of its steps.</summary>
internal sealed class PoolInvariants
{
    private readonly Dictionary<RequestId, Lease> _leases = [];

    internal void Check(PoolBook before, MempoolInput input, PoolBook after, IReadOnlyList<MempoolOutput> outputs, MempoolState live)
    {
        var token = before.LastToken;
        var releases = 0;
        foreach (var output in outputs)
        {
            if (output is MempoolOutput.Release release)
            {
                CheckRelease(release, token, input, after);
                token = release.Token;
                releases++;
            }
        }

        if (input is MempoolInput.Submit { Replaces: { } named } submit)
        {
            CheckReplaced(before, submit, named, after);
        }

        if (!ReferenceEquals(before, after))
        {
            CheckJobs(before, input, after, outputs, releases > 0 ? live : null);
        }

        if (input is MempoolInput.Accept accept && outputs.Contains(new MempoolOutput.Reply(MempoolOutcome.Accepted)))
        {
            CheckAccept(before, accept);
        }
    }

    private static void CheckReplaced(PoolBook before, MempoolInput.Submit submit, RequestId named, PoolBook after)
    {
        var isReplaced = before.Jobs.TryGetValue(named.Value, out var old) && old.Phase != JobPhase.Dead && after.Jobs.TryGetValue(named.Value, out var now) && now is { Phase: JobPhase.Dead, Death: JobDeath.Replaced };
        if (isReplaced && (old!.Payer != submit.Payer || 100 * submit.Fee.Units < 110 * old.Fee.Units))
        {
            throw new ViolationException(Invariant.ReplacementPays, $"{submit.Fee} in the place of {old.Fee}");
        }
    }

    /// <summary>A lease was granted, durably.</summary>
    internal void Granted(MempoolInput.Accept accept) => _leases[accept.Request] = new Lease(accept.Token, accept.Node);

    private static void CheckRelease(MempoolOutput.Release release, ulong last, MempoolInput input, PoolBook after)
    {
        if (release.Token <= last)
        {
            throw new ViolationException(Invariant.LeaseTokensRise, $"{last}, then {release.Token}");
        }

        if (!after.Jobs.TryGetValue(release.Request.Value, out var job) || job.Phase != JobPhase.Released || job.Token != release.Token)
        {
            throw new ViolationException(Invariant.ReleasedUnderLease, $"lease {release.Token}");
        }

        if (job.Deliveries > Bounds.Pool.MaxDeliveries)
        {
            throw new ViolationException(Invariant.DeliveriesBounded, $"{job.Deliveries} times");
        }

        if (job.Deadline <= input.Now)
        {
            throw new ViolationException(Invariant.NothingAfterDeadline, $"{input.Now - job.Deadline} ms late");
        }
    }

    private static void CheckJobs(PoolBook before, MempoolInput input, PoolBook after, IReadOnlyList<MempoolOutput> outputs, MempoolState? releasing)
    {
        if (after.LastToken < before.LastToken)
        {
            throw new ViolationException(Invariant.LeaseTokensRise, $"{before.LastToken}, then {after.LastToken}");
        }

        var (released, dead) = (0, 0);
        foreach (var (_, job) in after.Jobs)
        {
            released += job.Phase == JobPhase.Released ? 1 : 0;
            dead += job.Phase == JobPhase.Dead ? 1 : 0;
            if ((job.Phase == JobPhase.Running) == job.Node.IsZero)
            {
                throw new ViolationException(Invariant.RunningJobHasNode, $"{job.Phase}");
            }
        }

        if (after.Jobs.Count - dead > Bounds.Pool.Capacity || dead > Bounds.Pool.Capacity)
        {
            throw new ViolationException(Invariant.PoolKeepsCapacity, $"{after.Jobs.Count - dead} living and {dead} dead jobs, {Bounds.Pool.Capacity} allowed");
        }

        var room = input is MempoolInput.SetFreeSlots told ? told.FreeSlots : releasing?.FreeSlots ?? 0;
        if (releasing is not null && released > room)
        {
            throw new ViolationException(Invariant.ReleasedWithinSlots, $"{released} > {room} after {input.GetType().Name}");
        }

        CheckEnds(before, input, after, outputs);
    }

    // What left the pool was said to have ended, once, and is remembered.
    private static void CheckEnds(PoolBook before, MempoolInput input, PoolBook after, IReadOnlyList<MempoolOutput> outputs)
    {
        foreach (var output in outputs)
        {
            if (output is not MempoolOutput.Forget forget)
            {
                continue;
            }

            if (!before.Jobs.ContainsKey(forget.Request.Value) || after.Jobs.ContainsKey(forget.Request.Value) || input is not (MempoolInput.Complete or MempoolInput.Cancel or MempoolInput.Buried))
            {
                throw new ViolationException(Invariant.JobEndsOnce, $"a job ended with {input.GetType().Name}");
            }
        }

        if (input is MempoolInput.Submit submit && before.Done.TryGetValue(submit.Request.Value, out var until) && until > submit.Now && after.Jobs.ContainsKey(submit.Request.Value))
        {
            throw new ViolationException(Invariant.JobEndsExactlyOnce, "a job that had ended is in the pool again");
        }
    }

    // One node holds a job at a time, under its newest token.
    private void CheckAccept(PoolBook before, MempoolInput.Accept accept)
    {
        if (_leases.TryGetValue(accept.Request, out var held) && (accept.Token < held.Token || (accept.Token == held.Token && accept.Node != held.Node)))
        {
            throw new ViolationException(Invariant.OneJobLease, $"lease {accept.Token} was granted after lease {held.Token}, to another node or anew");
        }

        if (before.Jobs.TryGetValue(accept.Request.Value, out var job) && job.Token != accept.Token)
        {
            throw new ViolationException(Invariant.OneJobLease, $"lease {accept.Token} was granted, the newest is {job.Token}");
        }
    }

    private readonly record struct Lease(ulong Token, Address Node);
}
