using Ncn.Protocol;

namespace Ncn.Payments.Settlement;

/// <summary>A channel with something to claim.</summary>
/// <param name="Unclaimed">Charged and not claimed, atomic units.</param>
/// <param name="FirstUnclaimedAt">Unix milliseconds of the oldest unclaimed charge.</param>
/// <param name="WithdrawalStarted">The payer has begun to withdraw: what is not claimed in time is lost.</param>
public sealed record ClaimCandidate(ChannelId ChannelId, TokenAmount Unclaimed, ulong FirstUnclaimedAt, bool WithdrawalStarted);

/// <summary>When a claim is worth its gas.</summary>
/// <param name="MinimumAmount">Claim once a channel owes this much.</param>
/// <param name="MaximumAgeMilliseconds">Claim anything that is older.</param>
/// <param name="MaximumRows">Rows in one transaction.</param>
public sealed record ClaimPolicy(TokenAmount MinimumAmount, ulong MaximumAgeMilliseconds, int MaximumRows)
{
    /// <summary>Everything, now.</summary>
    public static ClaimPolicy Everything { get; } = new(new TokenAmount(1), 0, 64);
}

/// <summary>Chooses what to claim, in which batches.</summary>
public static class ClaimPlanner
{
    /// <summary>Batches of channels: those at risk first, then by amount. Channels that owe nothing are never in a batch.</summary>
    public static IReadOnlyList<IReadOnlyList<ClaimCandidate>> Plan(
        IEnumerable<ClaimCandidate> candidates, ClaimPolicy policy, ulong now)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(policy);
        return candidates
            .Where(candidate => !candidate.Unclaimed.IsZero && IsDue(candidate, policy, now))
            .OrderByDescending(static candidate => candidate.WithdrawalStarted)
            .ThenByDescending(static candidate => candidate.Unclaimed)
            .ThenBy(static candidate => candidate.ChannelId.Value)
            .Chunk(policy.MaximumRows)
            .ToArray();
    }

    private static bool IsDue(ClaimCandidate candidate, ClaimPolicy policy, ulong now) =>
        candidate.WithdrawalStarted
        || candidate.Unclaimed >= policy.MinimumAmount
        || now >= candidate.FirstUnclaimedAt + policy.MaximumAgeMilliseconds;
}
