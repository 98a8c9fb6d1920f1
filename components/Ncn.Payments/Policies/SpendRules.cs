using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Payments.Policies;

/// <summary>Holds a channel to the policy that its payer has signed.</summary>
/// <remarks>
/// 1. an expired policy lets nothing pass; 2. the request's ceiling is below the cap of one request; 3. what was charged today, what is
/// reserved and the ceiling are together below the day's cap; 4. the same for each model that the request may run on. What is reserved
/// counts for the day on which it is asked, so that the charges of a day never pass its cap, midnight or not.
/// </remarks>
internal static class SpendRules
{
    /// <summary>Why a request may not be reserved; null when it may.</summary>
    /// <param name="models">What it may run on; empty when that is not known.</param>
    /// <param name="amount">Its ceiling.</param>
    /// <param name="within">A reservation that the request is a part of, or that it raises: it does not count beside it. Null for none.</param>
    internal static ChannelOutcome? Refusal(
        ChannelState state, ulong now, IReadOnlyList<string> models, TokenAmount amount, Reservation? within = null)
    {
        if (state.Policy?.Message is not { } policy)
        {
            return null;
        }

        var reserved = state.Reserved - (within?.Amount ?? default);
        return policy.ExpiresAt <= now ? ChannelOutcome.PolicyExpired
            : amount > policy.PerRequest ? ChannelOutcome.PolicyRequestCap
            : TokenAmount.AddOrMost(state.Spending.On(now) + reserved, amount) > policy.PerDay ? ChannelOutcome.PolicyDayCap
            : models.Count == 0 && policy.ListedOnly ? ChannelOutcome.PolicyModel
            : models.Select(model => OfModel(state, now, policy, model, amount, within)).FirstOrDefault(static refusal => refusal is not null);
    }

    /// <summary>The payer sets a policy, whose signature the shell has verified.</summary>
    internal static (ChannelState State, ChannelOutcome Outcome, TokenAmount Amount) Set(ChannelState state, ChannelInput.SetPolicy input)
    {
        var policy = input.Policy.Message;
        var outcome = state.Config is not null && state.Config != input.Config ? ChannelOutcome.WrongChannel
            : !policy.IsWellFormed || policy.Delegate != input.Config.VoucherSigner ? ChannelOutcome.PolicyMalformed
            : state.Policy?.Message is not { } old || policy.Sequence > old.Sequence ? ChannelOutcome.Accepted
            : policy.StructHash() == old.StructHash() ? ChannelOutcome.Repeated
            : ChannelOutcome.PolicyOutdated;
        return (outcome == ChannelOutcome.Accepted ? state with { Policy = input.Policy } : state, outcome, default);
    }

    private static ChannelOutcome? OfModel(
        ChannelState state, ulong now, SpendPolicy policy, string model, TokenAmount amount, Reservation? within)
    {
        if (policy.CapOf(model) is not { } cap)
        {
            return policy.ListedOnly ? ChannelOutcome.PolicyModel : null;
        }

        var spent = state.Spending.On(now, model) + ReservedFor(state, model, within);
        return amount > cap.PerRequest ? ChannelOutcome.PolicyRequestCap
            : TokenAmount.AddOrMost(spent, amount) > cap.PerDay ? ChannelOutcome.PolicyModelDayCap
            : null;
    }

    private static TokenAmount ReservedFor(ChannelState state, string model, Reservation? within) => state.Reservations.Values
        .Where(held => !ReferenceEquals(held, within) && held.Models.Contains(model))
        .Aggregate(TokenAmount.Zero, static (sum, held) => sum + held.Amount);
}
