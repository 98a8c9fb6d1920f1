using Ncn.Protocol;

namespace Ncn.Coordination.Subnets;

/// <summary>Who may be a member: the stake that the chain demands, and the subnet's policy.</summary>
internal static class AdmissionRules
{
    /// <summary>Why the node may not be a member, or null.</summary>
    internal static NodeOutcome? Refusal(SubnetState state, NodeRecord record) =>
        !state.Mirror.HasNodeStake(record.Operator) ? NodeOutcome.Unstaked
        : state.Policies.InForce?.Admits(record) == false ? NodeOutcome.NotAdmitted
        : null;

    /// <summary>The chain is to be asked for a stake that no event told: of a subnet whose events were read before this registry began, for one.</summary>
    internal static SubnetState Ask(SubnetState state, Address node, SubnetLimits limits) =>
        state.Mirror.Stakes.ContainsKey(node) || state.UnknownStakes.Count >= limits.MaxUnknownStakes
            ? state
            : state with { UnknownStakes = state.UnknownStakes.Add(node) };

    /// <summary>The members that the rules do not admit any more are out.</summary>
    internal static SubnetState Dismiss(SubnetState state, List<SubnetOutput> outputs)
    {
        foreach (var (node, record) in state.Members)
        {
            if (Refusal(state, record) is { } rule)
            {
                state = SubnetMembership.Remove(state, node);
                outputs.Add(new SubnetOutput.Dismissed(node, rule));
            }
        }

        return state;
    }
}
