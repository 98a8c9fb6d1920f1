using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>The timers of a view (rule V1) and who gives it up (rule V8).</summary>
internal static class Timers
{
    /// <summary>V1: sets the timers of the view that was entered.</summary>
    internal static void Arm(Step step)
    {
        var state = step.State;
        ArmPatience(step, state.HasWork ? 0 : state.Limits.IdleMilliseconds);
        Set(step, TimerKind.Resend, state.Limits.ResendMilliseconds);
        if (!state.HasWork && state.Epoch.Own is { } own && own == state.Epoch.Leaders.LeaderOf(state.View))
        {
            Set(step, TimerKind.Idle, AwaitsFinality(state) ? Unit(state) : state.Limits.IdleMilliseconds);
        }
    }

    internal static void Fired(Step step, TimerToken timer)
    {
        var state = step.State;
        if (state.View == 0 || timer.Epoch != state.Epoch.Number || timer.View != state.View)
        {
            return;
        }

        switch (timer.Kind)
        {
            case TimerKind.Leader when state.Guard[state.View].Notarized is null:
            case TimerKind.View:
                Nullify(step);
                break;
            case TimerKind.Resend:
                Resending.Resend(step);
                Set(step, TimerKind.Resend, ResendWait(step.State));
                break;
            case TimerKind.Idle:
                step.State = state with { Turn = state.Turn with { HasWaited = true } };
                break;
            default:
                break;
        }
    }

    /// <summary>V1: operations end the patience of an idle network.</summary>
    internal static void WorkAvailable(Step step, bool hasWork)
    {
        var isNew = hasWork && !step.State.HasWork;
        step.State = step.State with { HasWork = hasWork };
        if (isNew && step.State.View > 0)
        {
            ArmPatience(step, 0);
        }
    }

    /// <summary>V8, by the own decision: the view is given up here. Whether the vote is allowed is the guard's matter (rule G2).</summary>
    internal static void Nullify(Step step) => step.TrySign(new Vote(VoteKind.Nullify, step.Epoch.Number, step.State.View, default));

    /// <summary>V8, by others' votes: the leader gives up its own view, or more than a third gives it up.</summary>
    internal static void NullifyWithOthers(Step step)
    {
        var state = step.State;
        var others = state.VotesOf(state.View).SignersOf(VoteKind.Nullify, default);
        if (others.Count > 0 && (others.Contains(state.Epoch.Leaders.LeaderOf(state.View)) || state.Epoch.Set.HasHonest(others)))
        {
            Nullify(step);
        }
    }

    /// <summary>D_v: the unit grows with views without finality, not with views without certificates.</summary>
    internal static ulong Unit(ConsensusState state)
    {
        var unit = state.Limits.UnitMilliseconds;
        for (var view = state.FinalView + 2; view < state.View && unit < state.Limits.LongestUnitMilliseconds; view++)
        {
            unit = (unit * 3 / 2) + 1;
        }

        return Math.Min(unit, state.Limits.LongestUnitMilliseconds);
    }

    private static void ArmPatience(Step step, ulong addend)
    {
        var unit = Unit(step.State);
        Set(step, TimerKind.Leader, (2 * unit) + addend);
        Set(step, TimerKind.View, (3 * unit) + addend);
    }

    private static ulong ResendWait(ConsensusState state) =>
        Math.Min(state.Limits.ResendMilliseconds << Math.Min(state.Resends, 16), Math.Max(state.Limits.ResendMilliseconds, state.Limits.LongestResendMilliseconds));

    private static bool AwaitsFinality(ConsensusState state) => state.Certificates.Any(entry => entry.Key > state.FinalView && entry.Value.Certified is not null);

    private static void Set(Step step, TimerKind kind, ulong milliseconds) =>
        step.Output(new ConsensusOutput.SetTimer(new TimerToken(kind, step.Epoch.Number, step.State.View), milliseconds));
}
