namespace Ncn.Coordination.Mempool;

/// <summary>Bounds of a pool.</summary>
/// <param name="MaxDeliveries">How often a job is handed out before it is given up.</param>
public sealed record MempoolLimits(uint MaxDeliveries)
{
    /// <summary>Most living jobs at once; as many dead ones may wait beside them until their requests were told.</summary>
    public int Capacity { get; init; } = 4096;

    /// <summary>Most bytes that the living jobs may take, with <see cref="BytesBeside"/> for each.</summary>
    public ulong MaxBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>What a job takes beside its own bytes.</summary>
    public ulong BytesBeside { get; init; } = 512;

    /// <summary>Most living jobs of one payer.</summary>
    public int MaxPerPayer { get; init; } = 1024;

    /// <summary>How long a job may lie on the work queue until a node accepts it, milliseconds.</summary>
    public ulong AcceptMilliseconds { get; init; } = 30_000;

    /// <summary>How long a node may run a job until it renews its lease or completes it, milliseconds.</summary>
    public ulong RunMilliseconds { get; init; } = 60_000;

    /// <summary>Wait before the second delivery, milliseconds; doubled with each further one.</summary>
    public ulong BackoffMilliseconds { get; init; } = 1_000;

    /// <summary>Longest wait before a delivery, milliseconds.</summary>
    public ulong MaxBackoffMilliseconds { get; init; } = 30_000;

    /// <summary>Wait after a node declined a job, milliseconds; doubled with each further one.</summary>
    public ulong DeclineMilliseconds { get; init; } = 100;

    /// <summary>Longest wait after a node declined a job, milliseconds.</summary>
    public ulong MaxDeclineMilliseconds { get; init; } = 2_000;

    /// <summary>How often a job may be declined before each further time counts as a delivery.</summary>
    public uint MaxDeclines { get; init; } = 64;

    /// <summary>A job that has waited for this long is overdue, milliseconds: every second release goes to the oldest of those.</summary>
    public ulong PatienceMilliseconds { get; init; } = 30_000;

    /// <summary>How long a finished job is remembered, milliseconds.</summary>
    public ulong MemoryMilliseconds { get; init; } = 60UL * 60 * 1000;

    /// <summary>Most remembered jobs; the one that ended first goes first.</summary>
    public int MaxRemembered { get; init; } = 4096;

    /// <summary>When a dead job is told again if nobody confirmed it, milliseconds.</summary>
    public ulong BuryAgainMilliseconds { get; init; } = 5_000;
}
