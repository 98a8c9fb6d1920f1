using System.Collections.Immutable;

using Ncn.Coordination.Subnets;

namespace Ncn.Coordination.Dispatch;

/// <summary>What a step changes in the gateway's view of its nodes.</summary>
internal static class NodeViews
{
    // Of nodes that left with their word broken: joining anew is no clean slate, unless there are too many of them.
    private const int MostRemembered = 16_384;

    /// <summary>Takes over the subnet's nodes, and forgets what is not needed any more.</summary>
    internal static DispatchState Replace(DispatchState state, DispatchInput.Nodes input)
    {
        var models = input.Offers.GroupBy(static offer => offer.Offer.Name, StringComparer.Ordinal)
            .ToImmutableDictionary(static group => group.Key, static group => group.ToImmutableArray(), StringComparer.Ordinal);
        var present = input.Offers.Select(static offer => offer.Node.Operator).ToHashSet();
        var isCrowded = state.Health.Count > MostRemembered;
        return state with
        {
            Models = models,
            Health = state.Health.RemoveRange(state.Health
                .Where(entry => !present.Contains(entry.Key) && !entry.Value.IsNeeded(input.Now) && (isCrowded || entry.Value.Candour == CapacityScore.Full))
                .Select(static entry => entry.Key)),
            Paces = state.Paces.RemoveRange(state.Paces.Keys.Where(model => !models.ContainsKey(model))),
        };
    }

    /// <summary>The first token was there: the node's average, the model's pace, and whether the node is far behind the others.</summary>
    internal static DispatchState Measure(DispatchState state, DispatchAttempt attempt, ulong now, DispatchRules rules)
    {
        var took = now - Math.Min(now, attempt.StartedAt);
        var pace = state.Paces.GetValueOrDefault(attempt.Offer.Name, ModelPace.Empty).Add(took);
        var health = state.HealthOf(attempt.Node).FirstToken(took);
        health = IsBeyondPromise(state, attempt, took, rules) ? health.KeptWaiting() : health;
        return state with
        {
            Paces = state.Paces.SetItem(attempt.Offer.Name, pace),
            Health = state.Health.SetItem(attempt.Node, IsSlow(health, pace, rules) ? health.Ejected(now, rules) : health),
        };
    }

    /// <summary>All other attempts of the run are stopped.</summary>
    internal static (DispatchState State, IReadOnlyList<DispatchOutput> Stops) Beat(DispatchState state, DispatchRun run, DispatchAttempt winner, ulong now)
    {
        if (run.Attempts.Length == 1)
        {
            return (state, []);
        }

        var stops = new List<DispatchOutput>();
        foreach (var loser in run.Attempts)
        {
            if (loser != winner)
            {
                var health = state.HealthOf(loser.Node).Released().Beaten(now - Math.Min(now, loser.StartedAt));
                state = state with { Health = state.Health.SetItem(loser.Node, health) };
                stops.Add(new DispatchOutput.Stop(loser.Number));
            }
        }

        return (state, stops);
    }

    internal static DispatchState Release(DispatchState state, DispatchAttempt attempt) =>
        state with { Health = state.Health.SetItem(attempt.Node, state.HealthOf(attempt.Node).Released()) };

    internal static DispatchState Judge(DispatchState state, DispatchAttempt attempt, DispatchFailure failure, ulong now, DispatchRules rules)
    {
        var health = state.HealthOf(attempt.Node).Released();
        var judged = failure switch
        {
            DispatchFailure.Died => health.Failed(now, rules),
            DispatchFailure.False => health.Barred(now, rules),
            DispatchFailure.Busy when HadRoom(state, attempt) => health.BrokeItsWord(),
            _ => health,
        };
        return state with { Health = state.Health.SetItem(attempt.Node, judged) };
    }

    // All that this gateway runs on it would have fitted into what it last said was free, even if nothing of that had begun by then. Only
    // other gateways can have been faster, and that costs an honest node little, since what it runs gives it back.
    private static bool HadRoom(DispatchState state, DispatchAttempt attempt) =>
        state.OfferOf(attempt) is { } claimed && state.HealthOf(attempt.Node).InFlight <= claimed.FreeSlots;

    // Free slots and nothing waiting, and yet the first token came after twice the promised time.
    private static bool IsBeyondPromise(DispatchState state, DispatchAttempt attempt, ulong took, DispatchRules rules) =>
        attempt.Offer.Service.FirstTokenMilliseconds is > 0 and var promised
            && took > (2UL * promised) + rules.SlowMargin
            && state.OfferOf(attempt) is { FreeSlots: > 0, Queued: 0 };

    private static bool IsSlow(NodeHealth health, ModelPace pace, DispatchRules rules)
    {
        var median = pace.Percentile(50);
        return health.Samples >= rules.SlowSamples
            && health.FirstTokenMicroseconds > median * rules.SlowFactor * 1000
            && health.FirstTokenMicroseconds > (median + rules.SlowMargin) * 1000;
    }
}
