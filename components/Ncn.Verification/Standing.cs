using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>How a node or gateway stands, for routing and for who asks.</summary>
/// <param name="RatePpm">Share of a node's receipts that is checked; of a gateway always 1,000,000.</param>
/// <param name="Checked">Checks that were decided.</param>
/// <param name="Verified">Of a node: models with enough passed checks in a row.</param>
public sealed record Standing(Address Who, uint RatePpm, RecordStatus Status, ulong Checked, ulong Failed, ImmutableArray<ModelDigest> Verified)
{
    /// <summary>All nodes that were checked, ascending.</summary>
    public static ImmutableArray<Standing> OfNodes(VerificationState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return [.. state.Nodes.Select(entry => new Standing(
            entry.Key, state.RateOf(entry.Key), entry.Value.StatusUnder(state.Rules), entry.Value.Checked, entry.Value.Failed, [.. entry.Value.VerifiedUnder(state.Rules)]))];
    }

    /// <summary>All gateways that have committed, ascending.</summary>
    public static ImmutableArray<Standing> OfGateways(VerificationState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return [.. state.Gateways.Select(entry => new Standing(
            entry.Key, VerificationRules.One, entry.Value.StatusUnder(state.Rules), entry.Value.Checked, entry.Value.Failed, []))];
    }
}
