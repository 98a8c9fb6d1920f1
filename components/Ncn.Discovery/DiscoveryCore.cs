using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>The pure core of a peer: Kademlia (Maymounkov and Mazières, 2002) with the disjoint paths of S/Kademlia (Baumgart and Mies, 2007).</summary>
/// <remarks>
/// Invariants, kept by every step: every peer in the table has answered; no bucket has more than k, and neither it nor the table more of
/// one operator or one address block than the limits allow; an advert is kept only under a key that its own content yields, at most so
/// many a key, an operator and in all; of a name the highest sequence counts; a lookup ends exactly once; every request under way has a
/// deadline.
/// </remarks>
public static class DiscoveryCore
{
    /// <summary>One step. <paramref name="state"/> is not changed.</summary>
    public static (DiscoveryState State, IReadOnlyList<DiscoveryOutput> Outputs) Apply(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(limits);
        var step = new Step(state, input.Now, limits);
        if (state.Periods.UpkeepAt == ulong.MaxValue)
        {
            step.State = state with { Periods = state.Periods with { UpkeepAt = step.Now + step.Jittered(limits.UpkeepMilliseconds) } };
        }

        Take(step, input);
        if (step.HasFreeLookup && !step.State.IsLeaving)
        {
            GoOn(step);
        }

        Departure.Finish(step);
        Announce(step, input is DiscoveryInput.Tick);
        return (step.State, step.Outputs);
    }

    private static void Take(Step step, DiscoveryInput input)
    {
        switch (input)
        {
            case DiscoveryInput.Answered answered:
                Rpcs.Answered(step, answered);
                break;
            case DiscoveryInput.Failed failed:
                Rpcs.Failed(step, failed.RpcId);
                break;
            case DiscoveryInput.Request request:
                Requests.Serve(step, request);
                break;
            case DiscoveryInput.Tick:
                Upkeep.Tick(step);
                break;
            case DiscoveryInput.SetStakes stakes:
                SetStakes(step, stakes.Stakes);
                break;
            default:
                Begin(step, input);
                break;
        }
    }

    // What a caller wants; a peer that leaves begins nothing.
    private static void Begin(Step step, DiscoveryInput input)
    {
        switch (input)
        {
            case DiscoveryInput.FindAdverts find when HasRoom(step):
                LookupSteps.Start(step, new LookupGoal.Caller(find.LookupId, find.Enough), find.Key.Value, find.Key, []);
                break;
            case DiscoveryInput.FindPeers find when HasRoom(step):
                LookupSteps.Start(step, new LookupGoal.Caller(find.LookupId, 0), find.Target, null, []);
                break;
            case DiscoveryInput.FindAdverts find:
                step.Outputs.Add(new DiscoveryOutput.Found(find.LookupId, [], [], default));
                break;
            case DiscoveryInput.FindPeers find:
                step.Outputs.Add(new DiscoveryOutput.Found(find.LookupId, [], [], default));
                break;
            case DiscoveryInput.Join or DiscoveryInput.Publish or DiscoveryInput.Withdraw or DiscoveryInput.Leave:
                Change(step, input);
                break;
            default:
                throw new ArgumentException($"{input.GetType().Name} is not an input of discovery.", nameof(input));
        }
    }

    private static void Change(Step step, DiscoveryInput input)
    {
        if (step.State.IsLeaving)
        {
            return;
        }

        switch (input)
        {
            case DiscoveryInput.Join join:
                Upkeep.Join(step, join.Through);
                break;
            case DiscoveryInput.Publish publish:
                Publications.Publish(step, publish.Advert);
                break;
            case DiscoveryInput.Withdraw withdraw:
                Publications.Withdraw(step, withdraw.Name);
                break;
            default:
                Departure.Leave(step);
                break;
        }
    }

    // Own lookups that ended make room for others; one that ends at once (nobody is known) makes room again, for fewer each time.
    private static void GoOn(Step step)
    {
        while (step.HasFreeLookup)
        {
            step.HasFreeLookup = false;
            Publications.Start(step);
        }

        Upkeep.Refresh(step);
        step.HasFreeLookup = false;
    }

    private static bool HasRoom(Step step) => !step.State.IsLeaving && step.State.Lookups.Count < step.Limits.MaxLookups;

    private static void SetStakes(Step step, ImmutableSortedDictionary<Address, TokenAmount> stakes)
    {
        step.State = step.State with { Stakes = stakes };
        var store = step.State.Store;
        foreach (var (key, adverts) in store.Slots)
        {
            store = adverts.Length > 1
                ? store.With(key, adverts.Sort((left, right) => AdvertAdmission.Compare(step.State, key, left, right)), step.State.Table.Self.Value)
                : store;
        }

        step.State = step.State with { Store = store };
    }

    private static void Announce(Step step, bool isTick)
    {
        var next = NextWake(step.State);
        if (next == step.State.AnnouncedWakeAt && !isTick)
        {
            return;
        }

        // One that is later than announced is told when the announced one comes.
        if (next < step.State.AnnouncedWakeAt || isTick)
        {
            step.State = step.State with { AnnouncedWakeAt = next };
            if (next != ulong.MaxValue)
            {
                step.Outputs.Add(new DiscoveryOutput.Wake(next));
            }
        }
    }

    private static ulong NextWake(DiscoveryState state)
    {
        var next = Math.Min(state.Pending.IsEmpty ? ulong.MaxValue : state.RpcWakeAt, state.IsLeaving ? ulong.MaxValue : state.Periods.UpkeepAt);
        return state.IsLeaving ? next : Math.Min(Math.Min(next, state.Own.DueAt), state.Periods.NeighboursAt);
    }
}
