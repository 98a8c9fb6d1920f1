using Ncn.Coordination.Admission;
using Ncn.Coordination.Batches;
using Ncn.Coordination.Dispatch;
using Ncn.Coordination.Mempool;
using Ncn.Coordination.Requests;
using Ncn.Coordination.Subnets;
using Ncn.Discovery;
using Ncn.Payments.Channels;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Verification;

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

    public Func<DiscoveryState, DiscoveryInput, DiscoveryLimits, (DiscoveryState State, IReadOnlyList<DiscoveryOutput> Outputs)> Discovery { get; init; } = DiscoveryCore.Apply;

    /// <summary>Validators live in the world too; null for a world without.</summary>
    public ConsensusCores? Consensus { get; init; }

    /// <summary>Those validators check work too.</summary>
    public VerificationCores? Verification { get; init; }

    /// <summary>What their shells do wrong.</summary>
    public ShellFault Fault { get; init; }
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

    internal static DiscoveryLimits Discovery { get; } = new()
    {
        BucketSize = 3,
        Parallel = 2,
        Paths = 2,
        SpareSize = 2,
        OperatorPerTable = 3,
        BlockPerTable = 3,
        FreshMilliseconds = 8_000,
        OutageMilliseconds = 4_000,
        RpcMilliseconds = 1_500,
        HurryMilliseconds = 400,
        RefreshMilliseconds = 60_000,
        NeighbourhoodMilliseconds = 40_000,
        RepublishMilliseconds = 30_000,
        HoldersMilliseconds = 10_000,
        UpkeepMilliseconds = 10_000,
        ClockSkewMilliseconds = 5_000,
        MaxLifeMilliseconds = 90_000,
        AdvertsPerKey = 8,
        OperatorPerKey = 4,
        MaxStored = 40,
        MaxOwn = 8,
    };

    /// <summary>How long a request's answer is known, milliseconds.</summary>
    internal const ulong Retention = 24UL * 60 * 60 * 1000;
}
