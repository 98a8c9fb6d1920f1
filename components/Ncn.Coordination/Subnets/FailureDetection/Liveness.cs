using Ncn.Protocol;

namespace Ncn.Coordination.Subnets.FailureDetection;

/// <summary>Who of a subnet's members is alive.</summary>
/// <remarks>
/// 1. A beat makes a member live; after an ejection it is on probation for some beats first.
/// 2. A silence that phi suspects makes it suspect. 3. A silence that phi is sure of puts it out, unless half of all members are out: so
/// many at once is rather this registry's network, and they stay suspects until the longest silence that is ever allowed.
/// 4. After a pause of the registry itself nobody is put out before it has listened for a while, once for each silence.
/// 5. A member that stays out is forgotten.
/// </remarks>
internal static class Liveness
{
    private const ulong HeldBack = 250;

    /// <summary>A member that has just joined, or whose load was lost with the process.</summary>
    internal static NodeLoad Begin(NodeRecord record, ulong now, SubnetLimits limits) =>
        Timed(new NodeLoad(record.Slots, 0, now, 0) { Beats = HeartbeatWindow.Begin(now, limits.Detection) }, limits);

    /// <summary>A member has beaten.</summary>
    internal static NodeLoad Beat(NodeLoad before, NodeLoad told, SubnetLimits limits)
    {
        var (now, rules) = (told.LastSeen, limits.Detection);
        var beats = before.Beats ?? HeartbeatWindow.Begin(now, rules);
        var wasOut = before.Standing == MemberStanding.Ejected;
        var left = wasOut ? rules.ProbationBeats : before.ProbationLeft - Math.Min(1, before.ProbationLeft);
        return Timed(
            told with
            {
                Beats = wasOut ? beats.Resume(now) : beats.Arrive(now, rules),
                ProbationLeft = left,
                Standing = left > 0 ? MemberStanding.Probation : MemberStanding.Live,
            },
            limits);
    }

    /// <summary>Notes whether the registry itself was away.</summary>
    internal static SubnetState Wake(SubnetState state, ulong now, SubnetLimits limits)
    {
        var wasAway = state.SteppedAt > 0 && now > state.SteppedAt + limits.Detection.OwnPause;
        return state with { SteppedAt = now, AwakeAt = wasAway ? now : state.AwakeAt };
    }

    /// <summary>Changes the standing of those that are silent.</summary>
    internal static SubnetState Judge(SubnetState state, ulong now, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        var room = (state.Loads.Count / 2) - state.Loads.Values.Count(static load => load.Standing == MemberStanding.Ejected);
        var changed = new List<KeyValuePair<Address, NodeLoad>>();
        var silent = state.Loads.Where(entry => entry.Value.Standing != MemberStanding.Ejected && now >= entry.Value.SuspectAt);
        foreach (var (node, load) in silent.OrderBy(static entry => entry.Value.EjectAt))
        {
            var next = Judge(state, load, now, limits, room);
            room -= next.Standing == MemberStanding.Ejected ? 1 : 0;
            if (next.Standing != load.Standing || next.ExcusedAt != load.ExcusedAt)
            {
                changed.Add(KeyValuePair.Create(node, next));
                outputs.AddRange(Told(node, load.Standing, next.Standing));
            }
        }

        return changed.Count == 0 ? state : state with { Loads = state.Loads.SetItems(changed) };
    }

    /// <summary>Before this nobody's standing changes by silence alone.</summary>
    internal static ulong NextCheck(NodeLoad load, ulong now, SubnetLimits limits) => load.Standing switch
    {
        MemberStanding.Ejected => load.LastSeen + limits.ForgetMilliseconds + 1,
        MemberStanding.Suspect => Math.Max(load.EjectAt, now + HeldBack),
        _ => load.SuspectAt,
    };

    private static NodeLoad Judge(SubnetState state, NodeLoad load, ulong now, SubnetLimits limits, int room)
    {
        var suspect = load with { Standing = MemberStanding.Suspect };
        var isSure = now >= load.EjectAt && room > 0;
        if (!isSure && now <= load.LastSeen + limits.SilenceMilliseconds)
        {
            return suspect;
        }

        var wasNeverExcused = load.ExcusedAt <= load.LastSeen || load.ExcusedAt == state.AwakeAt;
        return state.AwakeAt > load.LastSeen && wasNeverExcused && now < state.AwakeAt + limits.Detection.Grace
            ? suspect with { ExcusedAt = state.AwakeAt }
            : load with { Standing = MemberStanding.Ejected };
    }

    private static IEnumerable<SubnetOutput> Told(Address node, MemberStanding before, MemberStanding after) => after == before ? []
        : after == MemberStanding.Ejected ? [new SubnetOutput.Ejected(node)]
        : [new SubnetOutput.Suspected(node)];

    // However irregular the member, the longest silence that is allowed bounds both.
    private static NodeLoad Timed(NodeLoad load, SubnetLimits limits)
    {
        var longest = limits.SilenceMilliseconds + 1;
        return load with
        {
            SuspectAt = load.LastSeen + Math.Min(longest, load.Beats!.SilenceOf(limits.Detection.Suspect, limits.Detection)),
            EjectAt = load.LastSeen + Math.Min(longest, load.Beats.SilenceOf(limits.Detection.Eject, limits.Detection)),
        };
    }
}
