using Ncn.Coordination.Dispatch;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Invariants;

/// <summary>The remarks of <see cref="Dispatcher"/>, for each gateway.</summary>
internal sealed class DispatchInvariants
{
    private readonly Dictionary<string, Shadow> _gateways = new(StringComparer.Ordinal);

    /// <summary>The gateway has lost its memory.</summary>
    internal void Forget(string gateway) => _gateways[gateway] = new Shadow();

    internal void Check(string gateway, DispatchState before, DispatchInput input, DispatchState after, IReadOnlyList<DispatchOutput> outputs)
    {
        var shadow = _gateways[gateway];
        var run = RunOf(input);
        shadow.Arrived += input is DispatchInput.Arrive ? 1UL : 0;
        foreach (var output in outputs)
        {
            switch (output)
            {
                case DispatchOutput.Start start:
                    shadow.Hedges += start.IsHedge ? 1UL : 0;
                    CheckStart(before, input, after, run, start);
                    break;
                case DispatchOutput.GiveUp when after.Runs.ContainsKey(run):
                    throw new ViolationException(Invariant.RunEndsOnce, $"run {run & 0xFFFF} was given up and goes on");
                default:
                    break;
            }
        }

        if (!ReferenceEquals(before.Runs, after.Runs) || !ReferenceEquals(before.Health, after.Health))
        {
            CheckRun(before, after, run, shadow);
        }

        if (shadow.Hedges * 100 > shadow.Arrived * Bounds.Dispatch.HedgePercent)
        {
            throw new ViolationException(Invariant.HedgesWithinShare, $"{shadow.Hedges} hedges in {shadow.Arrived} runs");
        }
    }

    /// <summary>Nothing runs: nothing may be counted as if it ran.</summary>
    internal static void CheckIdle(string gateway, DispatchState state)
    {
        if (state.Runs.Count > 0 || state.Health.Values.Any(static health => health.InFlight != 0))
        {
            throw new ViolationException(Invariant.InFlightIsWhatRuns, $"{gateway} is idle, has {state.Runs.Count} runs and {state.Health.Values.Sum(static health => health.InFlight)} in flight");
        }
    }

    private static ulong RunOf(DispatchInput input) => input switch
    {
        DispatchInput.Arrive arrive => arrive.Run,
        DispatchInput.Output output => output.Run,
        DispatchInput.Fail fail => fail.Run,
        DispatchInput.Finish finish => finish.Run,
        DispatchInput.Abandon abandon => abandon.Run,
        DispatchInput.Tick tick => tick.Run,
        _ => 0,
    };

    private static void CheckStart(DispatchState before, DispatchInput input, DispatchState after, ulong run, DispatchOutput.Start start)
    {
        var (node, now) = (start.Node.Operator, input.Now);
        if (before.HealthOf(node).BarredUntil > now && after.HealthOf(node).BarredUntil > now)
        {
            throw new ViolationException(Invariant.BarredRunNothing, $"attempt {start.Number}");
        }

        if (after.HealthOf(node).InFlight > start.Node.Slots)
        {
            throw new ViolationException(Invariant.InFlightWithinSlots, $"{after.HealthOf(node).InFlight} > {start.Node.Slots}");
        }

        if (after.HealthOf(node).EjectedUntil > now)
        {
            CheckEjected(before, after, run, now);
        }
    }

    // An ejected node is used only where fewer than half of those that may run it are well.
    private static void CheckEjected(DispatchState before, DispatchState after, ulong run, ulong now)
    {
        var (eligible, healthy) = (0, 0);
        var started = after.Runs[run];
        foreach (var offer in after.Models[started.Query.Models[0]])
        {
            var node = offer.Node.Operator;
            var health = after.HealthOf(node);
            var isBegunNow = started.Attempts[^1].Node == node;
            var mayRun = offer.Node.ExpiresAt > now && health.BarredUntil <= now
                && (isBegunNow || (!started.Attempts.Any(attempt => attempt.Node == node) && after.FreeSlots(offer) > 0
                    && !(started.Failed.TryGetValue(node, out var sequence) && offer.Node.Sequence <= sequence)
                    && !(started.BusyUntil.TryGetValue(node, out var until) && now < until)
                    && offer.Offer.Price.Of(started.Query.PromptTokens, started.Query.CompletionTokens, started.Query.Rows) <= started.Query.MaxNodePrice));
            eligible += mayRun ? 1 : 0;
            healthy += mayRun && health.EjectedUntil <= now ? 1 : 0;
        }

        if (healthy >= (eligible + 1) / 2)
        {
            throw new ViolationException(Invariant.HalfEjected, $"{healthy} of {eligible} nodes are well and an ejected one runs (of {before.Health.Count} known)");
        }
    }

    private static void CheckRun(DispatchState before, DispatchState after, ulong run, Shadow shadow)
    {
        var old = before.Runs.TryGetValue(run, out var was) ? was.Attempts.Length : 0;
        var now = after.Runs.TryGetValue(run, out var made) ? made.Attempts.Length : 0;
        shadow.InFlight += now - old;
        if (made is not null)
        {
            var isTwice = made.Attempts.Length == 2 && made.Attempts[0].Node == made.Attempts[1].Node;
            if (made.Attempts.Length > 2 || isTwice || (made.HasOutput && made.Attempts.Length > 1))
            {
                throw new ViolationException(Invariant.TwoAttempts, $"run {run & 0xFFFF} has {made.Attempts.Length}");
            }
        }

        var counted = 0;
        foreach (var (_, health) in after.Health)
        {
            counted += health.InFlight;
            if (health.InFlight < 0)
            {
                throw new ViolationException(Invariant.InFlightIsWhatRuns, $"{health.InFlight}");
            }
        }

        if (counted != shadow.InFlight)
        {
            throw new ViolationException(Invariant.InFlightIsWhatRuns, $"{counted} are counted, {shadow.InFlight} run");
        }
    }

    private sealed class Shadow
    {
        internal ulong Arrived { get; set; }

        internal ulong Hedges { get; set; }

        internal int InFlight { get; set; }
    }
}
