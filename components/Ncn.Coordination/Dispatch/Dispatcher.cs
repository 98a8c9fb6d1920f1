using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Dispatch;

/// <summary>The pure core of routing: which node runs what, when a second one starts, who goes on after a failure.</summary>
/// <remarks>
/// 1. A run arrives and gets the best node, or hears that none has room. 2. When its first token is later than 95 % of the model's, a second
/// node starts, for at most 5 % of the runs and never for a run that is bound to a node. 3. Who delivers first is followed and the other
/// stopped, never judged a failure. 4. A node that fails is replaced, before the first token and after it, by another that has not failed the run;
/// when there is none the run waits a while. 5. Nodes that fail or are far slower than the rest are left out for a while that doubles, at most half
/// of them; one that sends what it did not sign is out altogether.
/// Invariants, kept by every step: a run has at most two attempts, on different nodes, and one at most after its first output; a node's
/// in-flight count is the number of its attempts and never above its slots; hedges are at most the stated share of runs; each run ends once.
/// </remarks>
public static class Dispatcher
{
    private const uint HedgeCost = 100;
    private const uint MaxHedgeCredit = 10 * HedgeCost;
    private static readonly IReadOnlyList<DispatchOutput> Nothing = [];

    /// <summary>One step. Outputs are about the input's run.</summary>
    public static (DispatchState State, IReadOnlyList<DispatchOutput> Outputs) Apply(DispatchState state, DispatchInput input, DispatchRules rules)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(rules);
        return input switch
        {
            DispatchInput.Nodes nodes => (NodeViews.Replace(state, nodes), Nothing),
            DispatchInput.Arrive arrive => Arrive(state, arrive, rules),
            DispatchInput.Output output => Output(state, output, rules),
            DispatchInput.Fail fail => Fail(state, fail, rules),
            DispatchInput.Finish finish => Finish(state, finish),
            DispatchInput.Abandon abandon => Abandon(state, abandon),
            DispatchInput.Tick tick => Tick(state, tick, rules),
            _ => throw new ArgumentException($"{input.GetType().Name} is not an input of a dispatcher.", nameof(input)),
        };
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) Arrive(DispatchState state, DispatchInput.Arrive input, DispatchRules rules)
    {
        var run = new DispatchRun(
            input.Query, [], 0, ImmutableDictionary<Address, ulong>.Empty, ImmutableDictionary<Address, ulong>.Empty);
        var credited = state with { HedgeCredit = Math.Min(MaxHedgeCredit, state.HedgeCredit + rules.HedgePercent) };
        return Start(credited, input.Run, run, input.Now, input.Draw, rules);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) Start(
        DispatchState state, ulong id, DispatchRun run, ulong now, ulong draw, DispatchRules rules)
    {
        var isOver = now >= run.Query.Deadline || run.Failures >= rules.MaxFailures || run.Next >= rules.MaxAttempts;
        if (!isOver && NodeRanking.Choose(state, run, now, draw, rules) is { } chosen)
        {
            return Begin(state, id, run, chosen, now, rules, isHedge: false);
        }

        return isOver || now >= run.PatientUntil
            ? (state with { Runs = state.Runs.Remove(id) }, [new DispatchOutput.GiveUp(run.PatientUntil == 0 ? GiveUpReason.NoRoom : GiveUpReason.Failed)])
            : (state with { Runs = state.Runs.SetItem(id, run) }, [new DispatchOutput.Wake(Math.Min(now + rules.PickInterval, run.PatientUntil))]);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) Begin(
        DispatchState state, ulong id, DispatchRun run, DispatchOffer chosen, ulong now, DispatchRules rules, bool isHedge)
    {
        var node = chosen.Node.Operator;
        var begun = run with
        {
            Attempts = run.Attempts.Add(new DispatchAttempt(run.Next, node, chosen.Node.Sequence, chosen.Offer, now)),
            Next = run.Next + 1,
            WasHedged = run.WasHedged || isHedge,
            HedgeAt = isHedge ? null : HedgeAt(state, run, chosen, now, rules),
        };
        var next = state with
        {
            Runs = state.Runs.SetItem(id, begun),
            Health = state.Health.SetItem(node, state.HealthOf(node).Started()),
            Affinity = run.Query.Prefixes.IsEmpty ? state.Affinity : state.Affinity.Remember(run.Query.Prefixes, node, rules.AffinityCapacity),
        };
        var start = new DispatchOutput.Start(run.Next, chosen.Node, chosen.Offer, isHedge);
        return begun.HedgeAt is { } at ? (next, [start, new DispatchOutput.Wake(at)]) : (next, [start]);
    }

    private static ulong? HedgeAt(DispatchState state, DispatchRun run, DispatchOffer chosen, ulong now, DispatchRules rules) =>
        rules.HedgePercent > 0 && !run.HasOutput && !run.WasHedged && IsFree(run) && run.Query.MayHedge
            && state.Paces.TryGetValue(chosen.Offer.Name, out var pace) && pace.Total >= rules.HedgeSamples
            ? now + Math.Max(rules.LeastHedge, pace.Percentile(95))
            : null;

    // Not bound to one node, by its seal or by the client's wish.
    private static bool IsFree(DispatchRun run) => run.Query.Node is null && (run.Query.Preferences.AllowFallbacks || !run.Query.Preferences.Order.IsEmpty);

    private static (DispatchState, IReadOnlyList<DispatchOutput>) Tick(DispatchState state, DispatchInput.Tick input, DispatchRules rules)
    {
        if (!state.Runs.TryGetValue(input.Run, out var run))
        {
            return (state, Nothing);
        }

        if (run.Attempts.IsEmpty)
        {
            return Start(state, input.Run, run, input.Now, input.Draw, rules);
        }

        if (run.HedgeAt is not { } at || run.HasOutput || input.Now < at)
        {
            return (state, run is { HedgeAt: { } later, HasOutput: false } ? [new DispatchOutput.Wake(later)] : Nothing);
        }

        var once = run with { HedgeAt = null };
        return state.HedgeCredit >= HedgeCost && run.Attempts.Length == 1 && NodeRanking.Choose(state, run, input.Now, input.Draw, rules) is { } second
            ? Begin(state with { HedgeCredit = state.HedgeCredit - HedgeCost }, input.Run, once, second, input.Now, rules, isHedge: true)
            : (state with { Runs = state.Runs.SetItem(input.Run, once) }, Nothing);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) Output(DispatchState state, DispatchInput.Output input, DispatchRules rules)
    {
        if (!state.Runs.TryGetValue(input.Run, out var run) || run.Attempt(input.Number) is not { } attempt)
        {
            return (state, [new DispatchOutput.Stop(input.Number)]);
        }

        var measured = run.HasOutput ? state : NodeViews.Measure(state, attempt, input.Now, rules);
        var (beaten, stops) = NodeViews.Beat(measured, run, attempt, input.Now);
        var followed = run with { Attempts = [attempt], HedgeAt = null, Offer = attempt.Offer };
        return (beaten with { Runs = beaten.Runs.SetItem(input.Run, followed) }, [new DispatchOutput.Follow(input.Number), .. stops]);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) Fail(DispatchState state, DispatchInput.Fail input, DispatchRules rules)
    {
        if (!state.Runs.TryGetValue(input.Run, out var run) || run.Attempt(input.Number) is not { } attempt)
        {
            return (state, Nothing);
        }

        // The request's own time ran out: a long answer is nobody's fault.
        var isLate = input.Failure == DispatchFailure.Died && input.Now >= run.Query.Deadline;
        var judged = isLate ? NodeViews.Release(state, attempt) : NodeViews.Judge(state, attempt, input.Failure, input.Now, rules);
        var failed = Excluding(run, attempt, input, rules) with
        {
            Attempts = run.Attempts.Remove(attempt),
            PatientUntil = input.Now + rules.Patience,
        };
        if (!failed.Attempts.IsEmpty)
        {
            return (judged with { Runs = judged.Runs.SetItem(input.Run, failed) }, Nothing);
        }

        return IsFree(run) || input.Failure == DispatchFailure.Unsettled
            ? Start(judged, input.Run, failed, input.Now, input.Draw, rules)
            : (judged with { Runs = judged.Runs.Remove(input.Run) },
                [new DispatchOutput.GiveUp(input.Failure == DispatchFailure.Busy ? GiveUpReason.NoRoom : GiveUpReason.Failed)]);
    }

    private static DispatchRun Excluding(DispatchRun run, DispatchAttempt attempt, DispatchInput.Fail input, DispatchRules rules) =>
        input.Failure switch
        {
            DispatchFailure.Unsettled => run,
            DispatchFailure.Busy => run with { BusyUntil = run.BusyUntil.SetItem(attempt.Node, input.Now + rules.BusyTime) },
            _ => run with { Failures = run.Failures + 1, Failed = run.Failed.SetItem(attempt.Node, attempt.Sequence) },
        };

    private static (DispatchState, IReadOnlyList<DispatchOutput>) Finish(DispatchState state, DispatchInput.Finish input)
    {
        if (!state.Runs.TryGetValue(input.Run, out var run) || run.Attempt(input.Number) is not { } attempt)
        {
            return (state, Nothing);
        }

        var (beaten, stops) = NodeViews.Beat(state, run, attempt, input.Now);
        var health = beaten.HealthOf(attempt.Node).Released().Succeeded(input.Tokens, input.GenerationMilliseconds);
        return (beaten with { Health = beaten.Health.SetItem(attempt.Node, health), Runs = beaten.Runs.Remove(input.Run) }, stops);
    }

    private static (DispatchState, IReadOnlyList<DispatchOutput>) Abandon(DispatchState state, DispatchInput.Abandon input)
    {
        if (!state.Runs.TryGetValue(input.Run, out var run))
        {
            return (state, Nothing);
        }

        var released = run.Attempts.Aggregate(state, static (left, attempt) => NodeViews.Release(left, attempt));
        return (released with { Runs = released.Runs.Remove(input.Run) }, [.. run.Attempts.Select(static attempt => new DispatchOutput.Stop(attempt.Number))]);
    }
}
