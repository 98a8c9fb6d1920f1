using Ncn.Protocol;

namespace Ncn.Payments.Channels;

/// <summary>
/// How payers that do not count their requests in flight (stock x402 clients) still run several at once on one channel.
/// </summary>
/// <remarks>
/// Such a payer signs "what I was charged + amount" and, when it is told another total, believes it once, signs anew and comes back. So
/// 1. a voucher over charged + reserved + amount fits; 2. any other is answered with charged + reserved as the total, which is never above
/// what the payer signed, and whoever got that answer has the turn for <see cref="Milliseconds"/>; 3. the others wait, because a total that
/// two were told fits only one; 4. the voucher over the told total + amount fits, ends the turn, and the next is told the new total.
/// </remarks>
internal static class VoucherTurn
{
    /// <summary>How long a payer may take to come back: the time for a signature and a round trip.</summary>
    internal const ulong Milliseconds = 2_000;

    /// <summary>Null when the voucher fits.</summary>
    internal static ChannelOutcome? Refusal(ChannelState state, ChannelInput.Reserve input)
    {
        var signed = input.Voucher.MaxClaimableAmount;
        var needed = TokenAmount.AddOrMost(Base(state), input.Amount);
        if (Live(state, input.Now) is not { } turn)
        {
            return signed == needed ? null : ChannelOutcome.VoucherOff;
        }

        var isTold = turn.Holder is null && signed >= needed && signed == TokenAmount.AddOrMost(turn.Base, input.Amount);
        return isTold ? null : ChannelOutcome.AwaitTurn;
    }

    /// <summary>The total to add an amount to: what is charged and reserved, and never below what a statement has closed.</summary>
    internal static TokenAmount Base(ChannelState state) => TokenAmount.Max(state.Charged + state.Reserved, state.Stated?.MaxClaimable ?? default);

    /// <summary>The payer is told charged + reserved, and gets the turn.</summary>
    internal static ChannelState Grant(ChannelState state, ulong now) =>
        state with { Turn = new Turn(Base(state), now + Milliseconds, Holder: null) };

    /// <summary>The turn after a voucher was taken: a strict one ends its own, and keeps it while its deposit is under way.</summary>
    internal static Turn? After(ChannelState state, ChannelInput.Reserve input) =>
        input.HoldsTurnUntil > input.Now ? new Turn(default, input.HoldsTurnUntil, input.Key)
        : input.IsStrict ? null
        : state.Turn;

    internal static ChannelState End(ChannelState state, string holder) =>
        state.Turn?.Holder == holder ? state with { Turn = null } : state;

    private static Turn? Live(ChannelState state, ulong now) => state.Turn is { } turn && turn.Until > now ? turn : null;
}
