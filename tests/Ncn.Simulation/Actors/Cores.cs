using Ncn.Coordination.Admission;
using Ncn.Coordination.Batches;
using Ncn.Coordination.Dispatch;
using Ncn.Coordination.Mempool;
using Ncn.Coordination.Requests;
using Ncn.Coordination.Subnets;
using Ncn.Payments.Channels;
using Ncn.Simulation.Consensus;

namespace Ncn.Simulation.Actors;

/// <summary>The real cores, and what their shells do around them. A mutation replaces one of them by one that is wrong.</summary>
public sealed record Cores
{
    public Func<ChannelState, ChannelInput, (ChannelState State, ChannelResult Result)> Channel { get; init; } = ChannelLedger.Apply;

    public Func<MempoolState, MempoolInput, MempoolLimits, (MempoolState State, IReadOnlyList<MempoolOutput> Outputs)> Pool { get; init; } = JobPool.Apply;

    public Func<SubnetState, SubnetInput, SubnetLimits, (SubnetState State, IReadOnlyList<SubnetOutput> Outputs)> Subnet { get; init; } = SubnetMembership.Apply;

    public Func<RequestState, RequestInput, ulong, (RequestState State, IReadOnlyList<RequestOutput> Outputs)> Request { get; init; } = RequestLedger.Apply;

    public Func<BatchState, BatchInput, BatchLimits, (BatchState State, IReadOnlyList<BatchOutput> Outputs)> Batch { get; init; } = BatchLedger.Apply;

    public Func<DispatchState, DispatchInput, DispatchRules, (DispatchState State, IReadOnlyList<DispatchOutput> Outputs)> Dispatch { get; init; } = Dispatcher.Apply;

    public Func<FairQueueState, FairQueueInput, FairQueueLimits, (FairQueueState State, IReadOnlyList<FairQueueOutput> Outputs)> Admission { get; init; } = FairAdmission.Apply;

    /// <summary>The registry answers before its commit is durable.</summary>
    public bool ActsBeforeCommit { get; init; }

    /// <summary>A dead job's request is answered, and its reservation is left.</summary>
    public bool LeavesDeadReservations { get; init; }

    /// <summary>A gateway charges for a run that no node gave a receipt for.</summary>
    public bool ChargesWithoutReceipt { get; init; }

    /// <summary>A gateway believes any receipt that names its job.</summary>
    public bool BelievesReceipts { get; init; }

    /// <summary>Validators live in the world too; null for a world without.</summary>
    public ConsensusCores? Consensus { get; init; }
}

/// <summary>Bounds of a simulated network: small and short, so that every one of them is reached.</summary>
internal static class Bounds
{
    internal static MempoolLimits Pool { get; } = new(4)
    {
        Capacity = 24,
        AcceptMilliseconds = 4_000,
        RunMilliseconds = 6_000,
        BackoffMilliseconds = 400,
        MaxBackoffMilliseconds = 3_000,
        MaxPerPayer = 16,
        PatienceMilliseconds = 5_000,
        MemoryMilliseconds = 300_000,
        MaxRemembered = 512,
        BuryAgainMilliseconds = 2_000,
    };

    internal static SubnetLimits Subnet { get; } = new(5_000) { MaxNodes = 8 };

    internal static BatchLimits Batch { get; } = new(64) { LeaseMilliseconds = 3_000, MemoryMilliseconds = 120_000 };

    internal static DispatchRules Dispatch { get; } = new() { Patience = 4_000, HedgeSamples = 8, AffinityCapacity = 64 };

    internal static FairQueueLimits Admission { get; } = new() { MaxWaiting = 24, MaxWaitingPerPayer = 12, MaxSlotsPerPayer = 6, Quantum = 16, MaxWork = 40, MaxWeight = 2 };

    /// <summary>How long a request's answer is known, milliseconds.</summary>
    internal const ulong Retention = 24UL * 60 * 60 * 1000;
}
