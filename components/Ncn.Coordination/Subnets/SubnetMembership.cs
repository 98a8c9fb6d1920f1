using System.Collections.Immutable;
using Ncn.Coordination.Subnets.FailureDetection;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Protocol;

namespace Ncn.Coordination.Subnets;

/// <summary>The pure core of a subnet's membership.</summary>
/// <remarks>
/// A member has a record that is valid, the stake that the subnet demands on the chain, and what the subnet's policy admits; it is used
/// while it is alive (<see cref="Liveness"/>) and does not drain.
/// Invariants, kept by every step: members and loads have the same operators; a record's sequence never falls for one operator
/// while an older record is still valid; the version never falls and rises with every change of members or loads; no member is below
/// the stake that the mirror demands, or beyond the policy in force.
/// </remarks>
public static class SubnetMembership
{
    /// <summary>Most former members that are remembered.</summary>
    public const int MaxDeparted = 16_384;

    /// <summary>One step.</summary>
    public static (SubnetState State, IReadOnlyList<SubnetOutput> Outputs) Apply(SubnetState state, SubnetInput input, SubnetLimits limits)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(limits);
        var outputs = new List<SubnetOutput>();
        var awake = Liveness.Wake(state, input.Now, limits);
        // A late beat is a beat: nobody is put out in the step in which it is heard.
        var next = input switch
        {
            SubnetInput.Restart => Revive(state, input.Now, limits),
            SubnetInput.Heartbeat heartbeat => Sweep(Heartbeat(awake, heartbeat, limits, outputs), input.Now, limits, outputs),
            _ => Take(Sweep(awake, input.Now, limits, outputs), input, limits, outputs),
        };
        var changed = !ReferenceEquals(next.Members, state.Members) || !ReferenceEquals(next.Loads, state.Loads)
            || next.Mirror != state.Mirror || next.Policies != state.Policies || !ReferenceEquals(next.Standings, state.Standings);
        next = changed ? next with { Version = Math.Max(state.Version + 1, input.Now) } : next;
        return (Report(next with { FreeSlots = FreeSlotsOf(state, input, next) }, input.Now, limits, outputs), outputs);
    }

    // A beat before anything else is due changes its sender alone, so it costs no look at the other members.
    private static ulong FreeSlotsOf(SubnetState before, SubnetInput input, SubnetState after) =>
        ReferenceEquals(before.Loads, after.Loads) ? before.FreeSlots
        : input is SubnetInput.Heartbeat { Message.Operator: var sender } && input.Now < before.CheckAt
            ? before.FreeSlots - Share(before.Loads[sender]) + Share(after.Loads[sender])
            : after.Loads.Values.Aggregate(0UL, static (sum, load) => sum + Share(load));

    private static ulong Share(NodeLoad load) => load.IsServing ? load.FreeSlots : 0;

    private static SubnetState Take(SubnetState state, SubnetInput input, SubnetLimits limits, List<SubnetOutput> outputs) => input switch
    {
        SubnetInput.Join join => Join(state, join, limits, outputs),
        SubnetInput.Leave leave => Leave(state, leave, limits, outputs),
        SubnetInput.Observe observe => Observe(state, observe, outputs),
        SubnetInput.Publish publish => Publish(state, publish, outputs),
        SubnetInput.Judge judge => Judgements.Judge(state, judge, limits),
        SubnetInput.Stand stand => StandingRules.Stand(state, stand),
        SubnetInput.Tick => state,
        _ => throw new ArgumentException($"{input.GetType().Name} is not an input of a subnet.", nameof(input)),
    };

    private static SubnetState Join(SubnetState state, SubnetInput.Join input, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        var record = input.Record;
        var outcome = RecordRules.Refusal(record, input.Subnet, input.Now, limits) ?? AdmissionRules.Refusal(state, record) ?? SequenceRefusal(state, record, limits);
        outputs.Add(new SubnetOutput.Reply(outcome ?? NodeOutcome.Accepted));
        // A repeat of the record that counts already is answered like the first time, and proves nothing new.
        if (outcome is not null || IsCurrent(state, record))
        {
            return outcome == NodeOutcome.Unstaked ? AdmissionRules.Ask(state, record.Operator, limits) : state;
        }

        var roomy = MakeRoom(state, record.Operator, limits, outputs);
        var load = Liveness.Begin(record, input.Now, limits) with
        {
            Scores = state.Loads.GetValueOrDefault(record.Operator)?.Scores ?? CapacityScore.None,
            IsBarred = StandingRules.IsBarred(state.Standings.GetValueOrDefault(record.Operator)),
        };
        return roomy with
        {
            Members = roomy.Members.SetItem(record.Operator, record),
            Signatures = input.Signature is { } signature
                ? roomy.Signatures.SetItem(record.Operator, signature)
                : roomy.Signatures.Remove(record.Operator),
            Departed = roomy.Departed.Remove(record.Operator),
            Loads = roomy.Loads.SetItem(record.Operator, load),
            CheckAt = Math.Min(roomy.CheckAt, Math.Min(load.SuspectAt, record.ExpiresAt)),
        };
    }

    // Whoever is out makes room, the one that is silent for longest first; SequenceRefusal has seen that there is one.
    private static SubnetState MakeRoom(SubnetState state, Address newcomer, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        if (state.Members.Count < limits.MaxNodes || state.Members.ContainsKey(newcomer))
        {
            return state;
        }

        var longest = state.Loads.Where(static entry => entry.Value.Standing == MemberStanding.Ejected).MinBy(static entry => entry.Value.LastSeen).Key;
        outputs.Add(new SubnetOutput.Lost(longest));
        return Remove(state, longest);
    }

    private static NodeOutcome? SequenceRefusal(SubnetState state, NodeRecord record, SubnetLimits limits)
    {
        if (state.Members.TryGetValue(record.Operator, out var current))
        {
            return record.Sequence > current.Sequence || IsCurrent(state, record) ? null : NodeOutcome.StaleSequence;
        }

        if (state.Departed.TryGetValue(record.Operator, out var departed) && record.Sequence <= departed.Sequence)
        {
            return NodeOutcome.StaleSequence;
        }

        return state.Members.Count >= limits.MaxNodes && state.Loads.Values.All(static load => load.Standing != MemberStanding.Ejected)
            ? NodeOutcome.Full : null;
    }

    private static bool IsCurrent(SubnetState state, NodeRecord record) =>
        state.Members.TryGetValue(record.Operator, out var current)
        && current.Sequence == record.Sequence && current.StructHash() == record.StructHash();

    private static SubnetState Heartbeat(SubnetState state, SubnetInput.Heartbeat input, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        var message = input.Message;
        if (!state.Loads.TryGetValue(message.Operator, out var load) || state.Members[message.Operator].ExpiresAt <= input.Now)
        {
            outputs.Add(new SubnetOutput.Reply(NodeOutcome.Unknown));
            return state;
        }

        var outcome = IsSkewed(message.SentAt, input.Now, limits) ? NodeOutcome.ClockSkew
            : message.Sequence <= load.HeartbeatSequence ? NodeOutcome.StaleSequence
            : NodeOutcome.Accepted;
        outputs.Add(new SubnetOutput.Reply(outcome));
        if (outcome != NodeOutcome.Accepted)
        {
            return state;
        }

        var free = Math.Min(message.FreeSlots, state.Members[message.Operator].Slots);
        var told = load with
        {
            FreeSlots = free, Queued = message.Queued, LastSeen = input.Now, HeartbeatSequence = message.Sequence, IsDraining = message.Draining,
        };
        var next = Liveness.Beat(load, told, limits);
        if (load.Standing == MemberStanding.Ejected)
        {
            outputs.Add(new SubnetOutput.Returned(message.Operator));
        }

        return state with { Loads = state.Loads.SetItem(message.Operator, next), CheckAt = Math.Min(state.CheckAt, next.SuspectAt) };
    }

    private static SubnetState Leave(SubnetState state, SubnetInput.Leave input, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        var message = input.Message;
        var outcome = !state.Members.TryGetValue(message.Operator, out var record) ? NodeOutcome.Unknown
            : IsSkewed(message.SentAt, input.Now, limits) ? NodeOutcome.ClockSkew
            : message.Sequence < record.Sequence ? NodeOutcome.StaleSequence
            : NodeOutcome.Accepted;
        outputs.Add(new SubnetOutput.Reply(outcome));
        return outcome == NodeOutcome.Accepted ? Remove(state, message.Operator) : state;
    }

    private static SubnetState Observe(SubnetState state, SubnetInput.Observe input, List<SubnetOutput> outputs)
    {
        var mirror = state.Mirror.Observe(input);
        return mirror == state.Mirror
            ? state
            : AdmissionRules.Dismiss(
                state with
                {
                    Mirror = mirror,
                    Policies = state.Policies.Follow(mirror),
                    UnknownStakes = input.Operator is { } told ? state.UnknownStakes.Remove(told) : state.UnknownStakes,
                },
                outputs);
    }

    private static SubnetState Publish(SubnetState state, SubnetInput.Publish input, List<SubnetOutput> outputs)
    {
        var hash = input.Policy.Hash();
        var outcome = state.Mirror.Parameters is null ? PolicyOutcome.ChainUnread
            : hash == state.Mirror.PolicyInForce ? PolicyOutcome.InForce
            : hash == state.Mirror.PolicyProposed ? PolicyOutcome.Prepared
            : PolicyOutcome.NotNamed;
        outputs.Add(new SubnetOutput.PolicyReply(outcome));
        var policies = state.Policies.Take(input.Policy, state.Mirror);
        return policies == state.Policies ? state : AdmissionRules.Dismiss(state with { Policies = policies }, outputs);
    }

    // Nothing can have changed before CheckAt, so a step that is a beat costs no look at the other members.
    private static SubnetState Sweep(SubnetState state, ulong now, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        if (now < state.CheckAt)
        {
            return state;
        }

        var lost = state.Loads
            .Where(entry => entry.Value.LastSeen + limits.ForgetMilliseconds < now && entry.Value.Standing == MemberStanding.Ejected
                || state.Members[entry.Key].ExpiresAt <= now)
            .Select(static entry => entry.Key).ToArray();
        outputs.AddRange(lost.Select(static node => new SubnetOutput.Lost(node)));
        var left = Liveness.Judge(Forget(lost.Aggregate(state, Remove), now), now, limits, outputs);
        var checks = left.Loads.Select(entry => Math.Min(Liveness.NextCheck(entry.Value, now, limits), left.Members[entry.Key].ExpiresAt))
            .Concat(left.Departed.Values.Select(static departed => departed.ForgetAt));
        return left with { CheckAt = checks.DefaultIfEmpty(ulong.MaxValue).Min() };
    }

    internal static SubnetState Remove(SubnetState state, Address node)
    {
        var record = state.Members[node];
        return state with
        {
            Members = state.Members.Remove(node),
            Signatures = state.Signatures.Remove(node),
            Loads = state.Loads.Remove(node),
            Departed = Bound(state.Departed.SetItem(node, new Departed(record.Sequence, record.ExpiresAt))),
        };
    }

    // Keys cost nothing, so who comes and goes under ever new ones must not fill the memory; what would be forgotten first goes first.
    private static ImmutableSortedDictionary<Address, Departed> Bound(ImmutableSortedDictionary<Address, Departed> departed) =>
        departed.Count <= MaxDeparted ? departed : departed.Remove(departed.MinBy(static entry => entry.Value.ForgetAt).Key);

    private static SubnetState Forget(SubnetState state, ulong now)
    {
        var forgotten = state.Departed.Where(entry => entry.Value.ForgetAt <= now).Select(static entry => entry.Key).ToArray();
        return forgotten.Length == 0 ? state : state with { Departed = state.Departed.RemoveRange(forgotten) };
    }

    // Until a node speaks again it counts as idle: were it full, every request of the first second would wait in the queue. A dead one
    // is found out by the first request and replaced.
    private static SubnetState Revive(SubnetState state, ulong now, SubnetLimits limits) => state with
    {
        Loads = state.Members
            .Select(member => KeyValuePair.Create(member.Key, Liveness.Begin(member.Value, now, limits) with { IsBarred = StandingRules.IsBarred(state.Standings.GetValueOrDefault(member.Key)) }))
            .Aggregate(SubnetState.Empty.Loads, static (loads, entry) => loads.Add(entry.Key, entry.Value)),
        SteppedAt = now,
        AwakeAt = now,
        CheckAt = 0,
    };

    private static SubnetState Report(SubnetState state, ulong now, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        var total = (uint)Math.Min(state.FreeSlots, uint.MaxValue);
        if (total == state.ReportedFreeSlots && now < state.ReportedAt + limits.ReportIntervalMilliseconds)
        {
            return state;
        }

        outputs.Add(new SubnetOutput.ReportFreeSlots(total));
        return state with { ReportedFreeSlots = total, ReportedAt = now };
    }

    private static bool IsSkewed(ulong sentAt, ulong now, SubnetLimits limits) =>
        (sentAt > now ? sentAt - now : now - sentAt) > limits.MaxClockSkewMilliseconds;
}
