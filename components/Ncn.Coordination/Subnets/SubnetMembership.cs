using Ncn.Protocol;

namespace Ncn.Coordination.Subnets;

/// <summary>The pure core of a subnet's membership.</summary>
/// <remarks>
/// Invariants, kept by every step: members and loads have the same operators; a record's sequence never falls for one operator
/// while an older record is still valid; the version never falls and rises with every change of members or loads.
/// </remarks>
public static class SubnetMembership
{
    /// <summary>One step.</summary>
    public static (SubnetState State, IReadOnlyList<SubnetOutput> Outputs) Apply(SubnetState state, SubnetInput input, SubnetLimits limits)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(limits);
        var outputs = new List<SubnetOutput>();
        var live = input is SubnetInput.Restart ? Revive(state, input.Now) : Expire(state, input.Now, limits, outputs);
        var next = input switch
        {
            SubnetInput.Join join => Join(live, join, limits, outputs),
            SubnetInput.Heartbeat heartbeat => Heartbeat(live, heartbeat, limits, outputs),
            SubnetInput.Leave leave => Leave(live, leave, limits, outputs),
            SubnetInput.Observe observe => live with { Mirror = live.Mirror.Observe(observe) },
            SubnetInput.Tick or SubnetInput.Restart => live,
            _ => throw new ArgumentException($"{input.GetType().Name} is not an input of a subnet.", nameof(input)),
        };
        var changed = !ReferenceEquals(next.Members, state.Members) || !ReferenceEquals(next.Loads, state.Loads) || next.Mirror != state.Mirror;
        next = changed ? next with { Version = Math.Max(state.Version + 1, input.Now) } : next;
        return (Report(next, input.Now, limits, outputs), outputs);
    }

    private static SubnetState Join(SubnetState state, SubnetInput.Join input, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        var record = input.Record;
        var outcome = RecordRules.Refusal(record, input.Subnet, input.Now, limits) ?? SequenceRefusal(state, record, limits);
        outputs.Add(new SubnetOutput.Reply(outcome ?? NodeOutcome.Accepted));
        // A repeat of the record that counts already is answered like the first time, and proves nothing new.
        if (outcome is not null || IsCurrent(state, record))
        {
            return state;
        }

        return state with
        {
            Members = state.Members.SetItem(record.Operator, record),
            Signatures = input.Signature is { } signature
                ? state.Signatures.SetItem(record.Operator, signature)
                : state.Signatures.Remove(record.Operator),
            Departed = state.Departed.Remove(record.Operator),
            Loads = state.Loads.SetItem(record.Operator, new NodeLoad(record.Slots, 0, input.Now, 0)),
        };
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

        return state.Members.Count >= limits.MaxNodes ? NodeOutcome.Full : null;
    }

    private static bool IsCurrent(SubnetState state, NodeRecord record) =>
        state.Members.TryGetValue(record.Operator, out var current)
        && current.Sequence == record.Sequence && current.StructHash() == record.StructHash();

    private static SubnetState Heartbeat(SubnetState state, SubnetInput.Heartbeat input, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        var message = input.Message;
        if (!state.Loads.TryGetValue(message.Operator, out var load))
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
        var next = new NodeLoad(free, message.Queued, input.Now, message.Sequence);
        return state with { Loads = state.Loads.SetItem(message.Operator, next) };
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

    private static SubnetState Expire(SubnetState state, ulong now, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        var lost = state.Loads
            .Where(entry => entry.Value.LastSeen + limits.SilenceMilliseconds < now || state.Members[entry.Key].ExpiresAt <= now)
            .Select(static entry => entry.Key).ToArray();
        outputs.AddRange(lost.Select(static node => new SubnetOutput.Lost(node)));
        return Forget(lost.Aggregate(state, Remove), now);
    }

    private static SubnetState Remove(SubnetState state, Address node)
    {
        var record = state.Members[node];
        return state with
        {
            Members = state.Members.Remove(node),
            Signatures = state.Signatures.Remove(node),
            Loads = state.Loads.Remove(node),
            Departed = state.Departed.SetItem(node, new Departed(record.Sequence, record.ExpiresAt)),
        };
    }

    private static SubnetState Forget(SubnetState state, ulong now)
    {
        var forgotten = state.Departed.Where(entry => entry.Value.ForgetAt <= now).Select(static entry => entry.Key).ToArray();
        return forgotten.Length == 0 ? state : state with { Departed = state.Departed.RemoveRange(forgotten) };
    }

    // Until a node speaks again it counts as idle: were it full, every request of the first second would wait in the queue. A dead one
    // is found out by the first request and replaced.
    private static SubnetState Revive(SubnetState state, ulong now) => state with
    {
        Loads = state.Members
            .Select(member => KeyValuePair.Create(member.Key, new NodeLoad(member.Value.Slots, 0, now, 0)))
            .Aggregate(SubnetState.Empty.Loads, static (loads, entry) => loads.Add(entry.Key, entry.Value)),
    };

    private static SubnetState Report(SubnetState state, ulong now, SubnetLimits limits, List<SubnetOutput> outputs)
    {
        var free = state.Loads.Values.Aggregate(0UL, static (sum, load) => sum + load.FreeSlots);
        var total = (uint)Math.Min(free, uint.MaxValue);
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
