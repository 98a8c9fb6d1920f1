using System.Collections.Immutable;
using Ncn.Coordination.Subnets;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Mutations;

/// <summary>Memberships that are wrong.</summary>
internal static class SubnetMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        Of("subnet-old-records", "a record with a lower sequence replaces a newer one", OldRecords, Invariant.RecordSequenceRises),
        Of("subnet-old-heartbeats", "an old heartbeat counts again", OldHeartbeats, Invariant.OldHeartbeatIgnored),
        Of("subnet-believes-capacity", "a node's word about its free slots is not bounded by its slots", BelievesCapacity, Invariant.FreeWithinSlots, Invariant.ReportedSlots),
        Of("subnet-reports-more", "the mempool is told of one slot more than there is", ReportsMore, Invariant.ReportedSlots),
        Of("subnet-same-version", "a new member does not change the version", SameVersion, Invariant.SubnetVersionRises),
        Of("subnet-keeps-loads", "a member that left is counted still", KeepsLoads, Invariant.MembersHaveLoads),
        Of("subnet-strangers", "strangers come in with every member", Strangers, Invariant.SubnetKeepsBounds),
        Of("subnet-restart-forgets", "a restart forgets a member", RestartForgets, Invariant.RestartChangesNoMember),
        Of("subnet-shuts-out", "one node is never let in", ShutsOut, Invariant.EverybodyIsMember, Invariant.BegunEnds, Invariant.QueuedIsAnswered),
    ];

    private static Mutation Of(
        string name, string words, Func<SubnetState, SubnetInput, SubnetLimits, (SubnetState, IReadOnlyList<SubnetOutput>)> subnet, params ImmutableArray<string> breaks) =>
        new(name, words, new Cores { Subnet = subnet }, breaks);

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

    private static (SubnetState, IReadOnlyList<SubnetOutput>) BelievesCapacity(SubnetState state, SubnetInput input, SubnetLimits limits)
    {
        var (next, outputs) = SubnetMembership.Apply(state, input, limits);
        return input is SubnetInput.Heartbeat { Message: var message } && next.Loads.TryGetValue(message.Operator, out var load) && load.HeartbeatSequence == message.Sequence
            ? (next with { Loads = next.Loads.SetItem(message.Operator, load with { FreeSlots = message.FreeSlots }) }, [.. outputs.Where(static output => output is not SubnetOutput.ReportFreeSlots)])
            : (next, outputs);
    }

    private static (SubnetState, IReadOnlyList<SubnetOutput>) ReportsMore(SubnetState state, SubnetInput input, SubnetLimits limits)
    {
        var (next, outputs) = SubnetMembership.Apply(state, input, limits);
        return (next, [.. outputs.Select(static output => output is SubnetOutput.ReportFreeSlots report ? new SubnetOutput.ReportFreeSlots(report.FreeSlots + 1) : output)]);
    }

    private static (SubnetState, IReadOnlyList<SubnetOutput>) SameVersion(SubnetState state, SubnetInput input, SubnetLimits limits)
    {
        var (next, outputs) = SubnetMembership.Apply(state, input, limits);
        return input is SubnetInput.Join ? (next with { Version = state.Version }, outputs) : (next, outputs);
    }

    private static (SubnetState, IReadOnlyList<SubnetOutput>) KeepsLoads(SubnetState state, SubnetInput input, SubnetLimits limits)
    {
        var (next, outputs) = SubnetMembership.Apply(state, input, limits);
        return input is SubnetInput.Leave ? (next with { Loads = state.Loads }, outputs) : (next, outputs);
    }

    private static (SubnetState, IReadOnlyList<SubnetOutput>) Strangers(SubnetState state, SubnetInput input, SubnetLimits limits)
    {
        var (next, outputs) = SubnetMembership.Apply(state, input, limits);
        if (input is not SubnetInput.Join join || !next.Members.ContainsKey(join.Record.Operator))
        {
            return (next, outputs);
        }

        var strangers = Enumerable.Range(100, limits.MaxNodes).Select(Names.Node).ToArray();
        return (next with
        {
            Version = next.Version + 1,
            Members = next.Members.SetItems(strangers.Select(node => KeyValuePair.Create(node, join.Record with { Operator = node }))),
            Loads = next.Loads.SetItems(strangers.Select(node => KeyValuePair.Create(node, next.Loads[join.Record.Operator]))),
        }, outputs);
    }

    private static (SubnetState, IReadOnlyList<SubnetOutput>) RestartForgets(SubnetState state, SubnetInput input, SubnetLimits limits)
    {
        var (next, outputs) = SubnetMembership.Apply(state, input, limits);
        return input is SubnetInput.Restart && !next.Members.IsEmpty
            ? (next with { Members = next.Members.Remove(next.Members.Keys.First()), Loads = next.Loads.Remove(next.Members.Keys.First()) }, outputs)
            : (next, outputs);
    }

    private static (SubnetState, IReadOnlyList<SubnetOutput>) ShutsOut(SubnetState state, SubnetInput input, SubnetLimits limits) =>
        input is SubnetInput.Join join && join.Record.Operator == Names.Node(0) ? (state, [new SubnetOutput.Reply(NodeOutcome.Full)]) : SubnetMembership.Apply(state, input, limits);
}
