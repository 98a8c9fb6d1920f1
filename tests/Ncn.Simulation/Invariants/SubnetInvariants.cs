using Ncn.Coordination.Subnets;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Invariants;

/// <summary>The remarks of <see cref="SubnetMembership"/>.</summary>
internal static class SubnetInvariants
{
    internal static void Restarted(SubnetState before, SubnetState after)
    {
        CheckPairs(after);
        if (!ReferenceEquals(before.Members, after.Members))
        {
            throw new ViolationException(Invariant.RestartChangesNoMember, $"{before.Members.Count} members, then {after.Members.Count}");
        }
    }

    internal static void Check(SubnetState before, SubnetInput input, SubnetState after, IReadOnlyList<SubnetOutput> outputs)
    {
        if (after.Version < before.Version || (!ReferenceEquals(before.Members, after.Members) && after.Version <= before.Version))
        {
            throw new ViolationException(Invariant.SubnetVersionRises, $"{before.Version}, then {after.Version}");
        }

        if (!ReferenceEquals(before.Members, after.Members))
        {
            CheckPairs(after);
            CheckSequences(before, input, after);
        }

        if (input is SubnetInput.Heartbeat beat)
        {
            CheckBeat(before, beat, after);
        }

        foreach (var output in outputs)
        {
            if (output is SubnetOutput.ReportFreeSlots report)
            {
                CheckReport(report, after);
            }
        }
    }

    private static void CheckPairs(SubnetState state)
    {
        if (state.Members.Count != state.Loads.Count || state.Members.Keys.Any(node => !state.Loads.ContainsKey(node)))
        {
            throw new ViolationException(Invariant.MembersHaveLoads, $"{state.Members.Count} members, {state.Loads.Count} loads");
        }

        if (state.Members.Count > Bounds.Subnet.MaxNodes)
        {
            throw new ViolationException(Invariant.SubnetKeepsBounds, $"{state.Members.Count} members");
        }
    }

    private static void CheckSequences(SubnetState before, SubnetInput input, SubnetState after)
    {
        foreach (var (node, record) in after.Members)
        {
            var old = before.Members.TryGetValue(node, out var member) ? member.Sequence
                : before.Departed.TryGetValue(node, out var departed) && departed.ForgetAt > input.Now ? departed.Sequence
                : 0;
            if (record.Sequence < old)
            {
                throw new ViolationException(Invariant.RecordSequenceRises, $"{old}, then {record.Sequence}");
            }
        }
    }

    private static void CheckBeat(SubnetState before, SubnetInput.Heartbeat beat, SubnetState after)
    {
        var message = beat.Message;
        if (!before.Loads.TryGetValue(message.Operator, out var old) || !after.Loads.TryGetValue(message.Operator, out var load) || ReferenceEquals(old, load))
        {
            return;
        }

        // Its standing may change in the same step: it was silent until then.
        var toldNothing = (load.LastSeen, load.FreeSlots, load.Queued, load.IsDraining) == (old.LastSeen, old.FreeSlots, old.Queued, old.IsDraining);
        if (load.HeartbeatSequence <= old.HeartbeatSequence && !toldNothing)
        {
            throw new ViolationException(Invariant.OldHeartbeatIgnored, $"{old.HeartbeatSequence}, then {load.HeartbeatSequence}");
        }

        if (load.FreeSlots > after.Members[message.Operator].Slots)
        {
            throw new ViolationException(Invariant.FreeWithinSlots, $"{load.FreeSlots} > {after.Members[message.Operator].Slots}");
        }
    }

    private static void CheckReport(SubnetOutput.ReportFreeSlots report, SubnetState after)
    {
        var free = 0UL;
        foreach (var (_, load) in after.Loads)
        {
            free += load.IsServing ? load.FreeSlots : 0;
        }

        if (report.FreeSlots != free)
        {
            throw new ViolationException(Invariant.ReportedSlots, $"{report.FreeSlots} reported, {free} free");
        }
    }
}
