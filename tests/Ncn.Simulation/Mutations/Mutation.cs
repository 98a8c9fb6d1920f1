using System.Collections.Immutable;
using Ncn.Coordination.Admission;
using Ncn.Coordination.Batches;
using Ncn.Coordination.Dispatch;
using Ncn.Coordination.Mempool;
using Ncn.Coordination.Requests;
using Ncn.Coordination.Subnets;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Consensus;

namespace Ncn.Simulation.Mutations;

/// <summary>One core or shell that is wrong on purpose: the simulator must find it.</summary>
/// <param name="Name">For <c>--mutate</c>.</param>
/// <param name="Words">What is wrong.</param>
/// <param name="Cores">The cores with the fault in them.</param>
/// <param name="Breaks">The invariants by which it is found.</param>
public sealed record Mutation(string Name, string Words, Cores Cores, params ImmutableArray<string> Breaks)
{
    /// <summary>All of them.</summary>
    public static ImmutableArray<Mutation> All { get; } =
    [
        new("ledger-ignores-reserved", "the ledger takes vouchers that do not cover what is reserved already", new Cores { Channel = IgnoresReserved }, "charged + reserved ≤ voucher"),
        new("ledger-charges-twice", "a repeated charge is charged again", new Cores { Channel = ChargesTwice }, "a key is charged once"),
        new("ledger-charges-anything", "a charge above its reservation is made", new Cores { Channel = ChargesAnything }, "a charge is what was asked and at most what was held"),
        new("charge-without-receipt", "a gateway charges for a run that failed", new Cores { ChargesWithoutReceipt = true }, "no charge without a receipt"),
        new("believed-receipts", "a gateway believes what any receipt states", new Cores { BelievesReceipts = true }, "no charge without a receipt", "a charge is at most what the receipts say"),
        new("pool-two-leases", "a second node may take a job under the same lease", new Cores { Pool = TwoLeases }, "at most one lease of a job is good"),
        new("pool-token-reused", "a lost lease's token is used again", new Cores { Pool = TokenReused }, "lease tokens rise"),
        new("pool-forgets-done", "finished jobs are not remembered", new Cores { Pool = ForgetsDone }, "a job ends exactly once"),
        new("pool-loses-jobs", "a job whose lease expired is dropped", new Cores { Pool = LosesJobs }, "a queued request is answered", "a pool keeps its capacity", "in calm weather all that was begun ends"),
        new("pool-over-capacity", "the pool takes one job more than it may", new Cores { Pool = static (state, input, limits) => JobPool.Apply(state, input, limits with { Capacity = limits.Capacity + 1 }) }, "a pool keeps its capacity"),
        new("pool-ignores-slots", "the pool releases one job more than there are free slots", new Cores { Pool = IgnoresSlots }, "released ≤ free slots"),
        new("dead-letter-keeps-money", "a dead job's reservation is not released", new Cores { LeavesDeadReservations = true }, "a dead letter releases its reservation"),
        new("subnet-old-records", "a record with a lower sequence replaces a newer one", new Cores { Subnet = OldRecords }, "a record's sequence never falls"),
        new("subnet-old-heartbeats", "an old heartbeat counts again", new Cores { Subnet = OldHeartbeats }, "an old heartbeat changes nothing"),
        new("dispatch-uses-ejected", "ejected nodes are used like any other", new Cores { Dispatch = UsesEjected }, "at most half are ejected, and those run nothing"),
        new("dispatch-hedges-freely", "every slow run gets a second node", new Cores { Dispatch = HedgesFreely }, "hedges ≤ their share of the runs"),
        new("admission-starves", "who waits longest is put last again", new Cores { Admission = Starves }, "nobody starves"),
        new("request-second-answer", "a later answer replaces the first", new Cores { Request = SecondAnswer }, "an answered request keeps its first answer"),
        new("batch-settles-twice", "a repeated line is counted again", new Cores { Batch = SettlesTwice }, "a line is settled once"),
        new("act-before-commit", "the registry acts on a state that is not durable yet", new Cores { ActsBeforeCommit = true }, "what was answered survives every crash", "a queued request is answered", "every charge has an answer", "a delivered answer is charged exactly once", "a signed total is durable", "a job ends once, done or dead", "lease tokens rise"),
        new("consensus-votes-before-persist", "a vote is sent before its rows are durable", new Cores { Consensus = ConsensusMutations.VotesBeforePersist }, "a vote leaves after its rows are durable"),
        new("consensus-quorum-off-by-one", "a quorum needs one validator less", new Cores { Consensus = ConsensusMutations.QuorumOffByOne }, "one final block of a height", "no honest validator halts"),
        new("consensus-missing-lock", "who gave a view up finalizes in it all the same", new Cores { Consensus = ConsensusMutations.MissingLock }, "no two votes of an honest key exclude each other", "nobody honest is accused"),
        new("consensus-wrong-leader", "a block of anybody is taken for the leader's", new Cores { Consensus = ConsensusMutations.WrongLeader }, "a notarized block is of its view's leader"),
        new("consensus-stale-certificate", "a block may stand on an older certificate than the last one", new Cores { Consensus = ConsensusMutations.StaleCertificate }, "a notarized block skips only nullified views", "one final block of a height", "no honest validator halts"),
    ];

    /// <summary>The mutation of this name; null for none.</summary>
    public static Mutation? Find(string name) => All.FirstOrDefault(mutation => mutation.Name == name);

    /// <summary>Names the real cores with validators in the world.</summary>
    internal const string ConsensusAsItIs = "consensus";

    /// <summary>The cores of a mutation; the real ones for no name.</summary>
    /// <exception cref="FormatException">There is none of this name.</exception>
    internal static Cores CoresOf(string name) => name switch
    {
        "" => new Cores(),
        ConsensusAsItIs => new Cores { Consensus = new ConsensusCores() },
        _ => Find(name)?.Cores ?? throw new FormatException($"'{name}' is not a mutation."),
    };

    private static (ChannelState, ChannelResult) IgnoresReserved(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return input is ChannelInput.Reserve reserve && result.Outcome == ChannelOutcome.VoucherTooLow
            ? (next with { Config = reserve.Voucher.Config, Reservations = next.Reservations.SetItem(reserve.Key, new Reservation(reserve.Amount, reserve.ExpiresAt) { Holder = reserve.Holder }) },
                result with { Outcome = ChannelOutcome.Accepted })
            : (next, result);
    }

    private static (ChannelState, ChannelResult) ChargesTwice(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return input is ChannelInput.Charge charge && result.Outcome == ChannelOutcome.Repeated && !charge.Amount.IsZero && next.Charged + next.Reserved + charge.Amount <= next.VoucherMax
            ? (next with { Charged = next.Charged + charge.Amount }, result)
            : (next, result);
    }

    private static (ChannelState, ChannelResult) ChargesAnything(ChannelState state, ChannelInput input)
    {
        if (input is ChannelInput.Charge charge && state.Reservations.TryGetValue(charge.Key, out var held) && !held.Amount.IsZero)
        {
            var dear = charge with { Amount = held.Amount + new TokenAmount(1) };
            return state.Charged + state.Reserved + dear.Amount <= state.VoucherMax
                ? ChannelLedger.Apply(state with { Reservations = state.Reservations.SetItem(charge.Key, held with { Amount = dear.Amount }) }, dear)
                : ChannelLedger.Apply(state, input);
        }

        return ChannelLedger.Apply(state, input);
    }

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

    private static (MempoolState, IReadOnlyList<MempoolOutput>) ForgetsDone(MempoolState state, MempoolInput input, MempoolLimits limits) => JobPool.Apply(
        input is MempoolInput.Submit submit && state.Find(submit.Request) is null ? new MempoolState(state.Jobs, [], state.LastToken, limits) : state, input, limits);

    private static (MempoolState, IReadOnlyList<MempoolOutput>) LosesJobs(MempoolState state, MempoolInput input, MempoolLimits limits) => JobPool.Apply(
        state.Jobs.Any(entry => IsLost(entry.Value, input.Now)) ? new MempoolState(state.Jobs.Where(entry => !IsLost(entry.Value, input.Now)), state.Remembered, state.LastToken, limits) : state, input, limits);

    private static bool IsLost(Job job, ulong now) => job.Phase == JobPhase.Running && job.Until <= now;

    private static (MempoolState, IReadOnlyList<MempoolOutput>) IgnoresSlots(MempoolState state, MempoolInput input, MempoolLimits limits) =>
        JobPool.Apply(state, input is MempoolInput.SetFreeSlots slots ? slots with { FreeSlots = slots.FreeSlots + 1 } : input, limits);

    private static (SubnetState, IReadOnlyList<SubnetOutput>) OldRecords(SubnetState state, SubnetInput input, SubnetLimits limits)
    {
        var (next, outputs) = SubnetMembership.Apply(state, input, limits);
        return input is SubnetInput.Join join && outputs.Contains(new SubnetOutput.Reply(NodeOutcome.StaleSequence)) && next.Members.ContainsKey(join.Record.Operator)
            ? (next with { Version = next.Version + 1, Members = next.Members.SetItem(join.Record.Operator, join.Record) }, [new SubnetOutput.Reply(NodeOutcome.Accepted)])
            : (next, outputs);
    }

    private static (SubnetState, IReadOnlyList<SubnetOutput>) OldHeartbeats(SubnetState state, SubnetInput input, SubnetLimits limits)
    {
        var isOld = input is SubnetInput.Heartbeat beat && state.Loads.TryGetValue(beat.Message.Operator, out var load) && beat.Message.Sequence <= load.HeartbeatSequence;
        var (next, outputs) = SubnetMembership.Apply(state, input, limits);
        return isOld && input is SubnetInput.Heartbeat { Message: var message } && next.Loads.TryGetValue(message.Operator, out var known)
            ? (next with { Loads = next.Loads.SetItem(message.Operator, known with { HeartbeatSequence = message.Sequence, LastSeen = input.Now }) }, outputs)
            : (next, outputs);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) UsesEjected(DispatchState state, DispatchInput input, DispatchRules rules)
    {
        var blind = state with { Health = state.Health.SetItems(state.Health.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value with { EjectedUntil = 0 }))) };
        var (next, outputs) = Dispatcher.Apply(blind, input, rules);
        return (next with { Health = next.Health.SetItems(next.Health.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.EjectedUntil == 0 ? entry.Value with { EjectedUntil = state.HealthOf(entry.Key).EjectedUntil } : entry.Value))) }, outputs);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) HedgesFreely(DispatchState state, DispatchInput input, DispatchRules rules) =>
        Dispatcher.Apply(state with { HedgeCredit = 1_000 }, input, rules);

    private static (FairQueueState, IReadOnlyList<FairQueueOutput>) Starves(FairQueueState state, FairQueueInput input, FairQueueLimits limits)
    {
        var unlucky = state.Turns.Count > 1 ? state.Turns.Min() : default;
        return FairAdmission.Apply(state.Turns.Count > 1 ? state with { Turns = state.Turns.Remove(unlucky).Add(unlucky) } : state, input, limits);
    }

    private static (RequestState, IReadOnlyList<RequestOutput>) SecondAnswer(RequestState state, RequestInput input, ulong retention) =>
        RequestLedger.Apply(input is RequestInput.Keep or RequestInput.Complete && state.IsAnswered ? state with { Phase = RequestPhase.Running } : state, input, retention);

    private static (BatchState, IReadOnlyList<BatchOutput>) SettlesTwice(BatchState state, BatchInput input, BatchLimits limits)
    {
        var (next, outputs) = BatchLedger.Apply(state, input, limits);
        return input is BatchInput.Settle { Lines.Count: > 0 } settle && settle.Lines[0].Line < state.Lines && state.IsSettled(settle.Lines[0].Line)
            ? (next with { Succeeded = next.Succeeded + 1 }, outputs)
            : (next, outputs);
    }
}
