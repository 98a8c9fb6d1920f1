using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>Where a job is on its way.</summary>
public enum JobPhase
{
    /// <summary>Not handed out; not before <see cref="Job.Until"/>.</summary>
    Waiting,

    /// <summary>On the work queue under a lease that ends at <see cref="Job.Until"/> when no node accepts.</summary>
    Released,

    /// <summary>Taken by a node under a lease that ends at <see cref="Job.Until"/>.</summary>
    Running,

    /// <summary>Given up; kept until the shell confirms that its request was told.</summary>
    Dead,
}

/// <summary>What the pool knows of a job; what the node needs to run it is the shell's.</summary>
/// <param name="Fee">The client's ceiling, atomic units.</param>
/// <param name="SubmittedAt">Unix milliseconds.</param>
/// <param name="Deadline">Unix milliseconds; the job is handed out to nobody from then on.</param>
/// <param name="Deliveries">How often it was handed out.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="Until">Unix milliseconds; see <see cref="JobPhase"/>.</param>
/// <param name="Token">The last lease's fencing token; 0 before the first.</param>
/// <param name="Node">Who runs it; zero otherwise.</param>
/// <param name="Death">Why it was given up.</param>
public sealed record Job(
    TokenAmount Fee, ulong SubmittedAt, ulong Deadline, uint Deliveries, JobPhase Phase, ulong Until, ulong Token, Address Node,
    JobDeath Death);

/// <summary>Why a job was given up.</summary>
public enum JobDeath
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>Its deadline passed.</summary>
    Expired,

    /// <summary>It was handed out as often as allowed and never finished.</summary>
    Undeliverable,

    /// <summary>The pool was full and a better-paid job came.</summary>
    Evicted,
}

/// <summary>The jobs of one subnet.</summary>
/// <param name="Jobs">By request id.</param>
/// <param name="Done">Finished jobs and when to forget them (unix milliseconds): a late duplicate is recognised.</param>
/// <param name="FreeSlots">Requests that the subnet's nodes could start now, released ones not counted.</param>
/// <param name="LastToken">The last lease token; tokens rise over the pool's whole life.</param>
public sealed record MempoolState(
    ImmutableSortedDictionary<Hash32, Job> Jobs, ImmutableSortedDictionary<Hash32, ulong> Done, uint FreeSlots, ulong LastToken)
{
    /// <summary>A pool without jobs.</summary>
    public static MempoolState Empty { get; } =
        new(ImmutableSortedDictionary<Hash32, Job>.Empty, ImmutableSortedDictionary<Hash32, ulong>.Empty, 0, 0);

    /// <summary>How many jobs are in a phase.</summary>
    public int Count(JobPhase phase) => Jobs.Values.Count(job => job.Phase == phase);
}

/// <summary>Bounds of a pool.</summary>
/// <param name="MaxDeliveries">How often a job is handed out before it is given up.</param>
public sealed record MempoolLimits(uint MaxDeliveries)
{
    /// <summary>Most jobs at once.</summary>
    public int Capacity { get; init; } = 4096;

    /// <summary>How long a job may lie on the work queue until a node accepts it, milliseconds.</summary>
    public ulong AcceptMilliseconds { get; init; } = 30_000;

    /// <summary>How long a node may run a job until it accepts it again or completes it, milliseconds.</summary>
    public ulong RunMilliseconds { get; init; } = 60_000;

    /// <summary>Wait before the second delivery, milliseconds; doubled with each further one.</summary>
    public ulong BackoffMilliseconds { get; init; } = 1_000;

    /// <summary>Longest wait before a delivery, milliseconds.</summary>
    public ulong MaxBackoffMilliseconds { get; init; } = 30_000;

    /// <summary>A job that has waited for this long goes before every better-paid one that has not, milliseconds.</summary>
    public ulong PatienceMilliseconds { get; init; } = 30_000;

    /// <summary>How long a finished job is remembered, milliseconds.</summary>
    public ulong MemoryMilliseconds { get; init; } = 60UL * 60 * 1000;

    /// <summary>Most remembered jobs; the one to be forgotten first goes first.</summary>
    public int MaxRemembered { get; init; } = 4096;

    /// <summary>When a dead job is told again if nobody confirmed it, milliseconds.</summary>
    public ulong BuryAgainMilliseconds { get; init; } = 5_000;
}
