using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>How nodes, gateways and audits stand: what validators tell who asks, in the network's terms.</summary>
public static class Standings
{
    /// <summary>All nodes that were checked, by ascending address.</summary>
    public static ImmutableArray<NodeStanding> OfNodes(VerificationState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return [.. state.Nodes.Select(entry => new NodeStanding(
            entry.Key, state.RateOf(entry.Key), entry.Value.StatusUnder(state.Rules), entry.Value.Checked, entry.Value.Failed, [.. entry.Value.VerifiedUnder(state.Rules)]))];
    }

    /// <summary>All gateways that have committed, by ascending address.</summary>
    public static ImmutableArray<GatewayStanding> OfGateways(VerificationState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return [.. state.Gateways.Select(entry => new GatewayStanding(entry.Key, entry.Value.StatusUnder(state.Rules), entry.Value.Committed, entry.Value.Failed))];
    }

    /// <summary>All audits that are known, by ascending gateway and receipt.</summary>
    public static ImmutableArray<AuditStanding> OfAudits(VerificationState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return [.. state.Audits.Select(static entry => new AuditStanding(entry.Key.Gateway, entry.Key.Receipt, entry.Value.Verdict))];
    }
}
