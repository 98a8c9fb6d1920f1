using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Payments.Settlement;

/// <summary>A channel with something to claim.</summary>
/// <param name="Config">What defines the channel.</param>
/// <param name="VoucherMax">The running total of the best voucher, atomic units.</param>
/// <param name="Target">The running total to claim: at most the voucher's and what the channel holds.</param>
/// <param name="Claimed">What the chain has as claimed.</param>
/// <param name="FirstUnclaimedAt">Unix milliseconds of the oldest unclaimed charge.</param>
/// <param name="Funds">What the chain says that the channel holds.</param>
public sealed record ClaimCandidate(
    ChannelId Channel, ChannelConfig Config, TokenAmount VoucherMax, TokenAmount Target, TokenAmount Claimed, ulong FirstUnclaimedAt,
    ChannelFunds Funds)
{
    /// <summary>What a claim would bring.</summary>
    public TokenAmount Unclaimed => TokenAmount.SubtractOrZero(Target, Claimed);

    /// <summary>Whether both totals fit the 8 bytes that a packed row has for each.</summary>
    public bool IsPackable => VoucherMax.Units <= ulong.MaxValue && Target.Units <= ulong.MaxValue;
}

/// <summary>Why a claim cannot wait.</summary>
public enum ClaimRisk
{
    /// <summary>It can wait.</summary>
    None,

    /// <summary>Little is left in the channel beside what is owed: it will owe hardly more, and any withdrawal takes what is owed.</summary>
    EscrowThin,

    /// <summary>The payer has begun to withdraw: what is not claimed in time is lost.</summary>
    Withdrawal,
}

/// <summary>How the key that signs a channel's vouchers is given in a packed batch; the values of IInferencePayment.AuthorizerForm.</summary>
public enum AuthorizerForm : byte
{
    /// <summary>The channels' payerAuthorizer is zero: payers sign.</summary>
    None,

    /// <summary>The channels' payerAuthorizer is the payer.</summary>
    Payer,

    /// <summary>Each row gives it.</summary>
    Explicit,
}

/// <summary>What all rows of a packed batch have in common, so that it is written once.</summary>
public sealed record PackedGroup(
    Address Receiver, Address ReceiverAuthorizer, Address Token, ulong WithdrawDelay, Hash32 Salt, AuthorizerForm Authorizer)
{
    /// <summary>The group that a channel belongs to.</summary>
    public static PackedGroup Of(ChannelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var form = config.PayerAuthorizer.IsZero ? AuthorizerForm.None
            : config.PayerAuthorizer == config.Payer ? AuthorizerForm.Payer
            : AuthorizerForm.Explicit;
        return new(config.Receiver, config.ReceiverAuthorizer, config.Token, config.WithdrawDelay, config.Salt, form);
    }
}

/// <summary>One claim transaction to send.</summary>
/// <param name="Group">What the rows have in common; null: the struct form, which takes any rows.</param>
/// <param name="Rows">Those at risk first, then by amount.</param>
/// <param name="Gas">What the transaction is expected to burn.</param>
/// <param name="Cost">The same in atomic units of the token, rounded up.</param>
public sealed record PlannedClaim(PackedGroup? Group, IReadOnlyList<ClaimCandidate> Rows, ulong Gas, TokenAmount Cost)
{
    /// <summary>The sum of what the rows bring, before any fee.</summary>
    public TokenAmount Amount => Rows.Aggregate(TokenAmount.Zero, static (sum, row) => sum + row.Unclaimed);
}
