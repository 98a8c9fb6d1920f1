using System.Collections.Immutable;
using Ncn.Coordination.Dispatch;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;

namespace Ncn.Simulation.Mutations;

/// <summary>Dispatchers that are wrong.</summary>
internal static class DispatchMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        Of("dispatch-uses-ejected", "ejected nodes are used like any other", UsesEjected, Invariant.HalfEjected),
        Of("dispatch-uses-barred", "a node that gave a false receipt is used again", UsesBarred, Invariant.BarredRunNothing),
        Of("dispatch-hedges-freely", "every slow run gets a second node", static (state, input, rules) => Dispatcher.Apply(state with { HedgeCredit = 1_000 }, input, rules), Invariant.HedgesWithinShare),
        Of("dispatch-fills-nodes", "what runs on a node already is not counted", FillsNodes, Invariant.InFlightWithinSlots),
        Of("dispatch-miscounts", "an attempt that failed is counted as if it ran", Miscounts, Invariant.InFlightIsWhatRuns),
        Of("dispatch-two-on-one", "a run is given to the same node twice", TwoOnOne, Invariant.TwoAttempts),
        Of("dispatch-gives-up-half", "a run that was given up goes on", GivesUpHalf, Invariant.RunEndsOnce),
    ];

    private static Mutation Of(
        string name, string words, Func<DispatchState, DispatchInput, DispatchRules, (DispatchState, IReadOnlyList<DispatchOutput>)> dispatch, string breaks) =>
        new(name, words, new Cores { Dispatch = dispatch }, breaks);

    private static (DispatchState, IReadOnlyList<DispatchOutput>) UsesEjected(DispatchState state, DispatchInput input, DispatchRules rules)
    {
        var blind = state with { Health = state.Health.SetItems(state.Health.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value with { EjectedUntil = 0 }))) };
        var (next, outputs) = Dispatcher.Apply(blind, input, rules);
        return (next with { Health = next.Health.SetItems(next.Health.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.EjectedUntil == 0 ? entry.Value with { EjectedUntil = state.HealthOf(entry.Key).EjectedUntil } : entry.Value))) }, outputs);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) UsesBarred(DispatchState state, DispatchInput input, DispatchRules rules)
    {
        var blind = state with { Health = state.Health.SetItems(state.Health.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value with { BarredUntil = 0 }))) };
        var (next, outputs) = Dispatcher.Apply(blind, input, rules);
        return (next with { Health = next.Health.SetItems(next.Health.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.BarredUntil == 0 ? entry.Value with { BarredUntil = state.HealthOf(entry.Key).BarredUntil } : entry.Value))) }, outputs);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) FillsNodes(DispatchState state, DispatchInput input, DispatchRules rules)
    {
        if (input is not DispatchInput.Arrive)
        {
            return Dispatcher.Apply(state, input, rules);
        }

        var blind = state with { Health = state.Health.SetItems(state.Health.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value with { InFlight = 0 }))) };
        var (next, outputs) = Dispatcher.Apply(blind, input, rules);
        return (next with { Health = next.Health.SetItems(next.Health.Select(entry => KeyValuePair.Create(entry.Key, entry.Value with { InFlight = entry.Value.InFlight + state.HealthOf(entry.Key).InFlight }))) }, outputs);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) Miscounts(DispatchState state, DispatchInput input, DispatchRules rules)
    {
        var (next, outputs) = Dispatcher.Apply(state, input, rules);
        return input is DispatchInput.Fail && !next.Health.IsEmpty
            ? (next with { Health = next.Health.SetItem(next.Health.Keys.Min(), next.HealthOf(next.Health.Keys.Min()) with { InFlight = next.HealthOf(next.Health.Keys.Min()).InFlight + 1 }) }, outputs)
            : (next, outputs);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) TwoOnOne(DispatchState state, DispatchInput input, DispatchRules rules)
    {
        var (next, outputs) = Dispatcher.Apply(state, input, rules);
        return input is DispatchInput.Arrive { Run: var number } && next.Runs.TryGetValue(number, out var run) && run.Attempts.Length == 1
            ? (next with { Runs = next.Runs.SetItem(number, run with { Attempts = [.. run.Attempts, run.Attempts[0] with { Number = run.Next }] }) }, outputs)
            : (next, outputs);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) GivesUpHalf(DispatchState state, DispatchInput input, DispatchRules rules)
    {
        var (next, outputs) = Dispatcher.Apply(state, input, rules);
        return outputs.Any(static output => output is DispatchOutput.GiveUp) ? (next with { Runs = next.Runs.SetItems(state.Runs) }, outputs) : (next, outputs);
    }
}
