using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.Channels;

/// <summary>Payers that sign "what I was charged + amount" (stock x402 clients), one at a time and side by side.</summary>
public sealed class VoucherTurnTests
{
    private const ulong Amount = 100;
    private static readonly ChannelConfig Config = NodeChannel.Config(Party(1), Party(2), Party(3));
    private ChannelState _state = ChannelState.Empty;
    private ulong _now = 1;

    [Fact]
    public void One_after_the_other_nothing_is_ever_corrected()
    {
        ulong charged = 0;
        for (var number = 0; number < 50; number++)
        {
            Assert.Equal(ChannelOutcome.Accepted, Reserve($"{number}", charged + Amount).Outcome);
            Step(new ChannelInput.Charge(++_now, $"{number}", new TokenAmount(37)));
            charged += 37;
        }

        Assert.Equal(new TokenAmount(50 * 37), _state.Charged);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(101)]
    [InlineData(1000)]
    public void A_voucher_over_anything_else_is_off(ulong voucher) =>
        Assert.Equal(ChannelOutcome.VoucherOff, Reserve("a", voucher).Outcome);

    [Theory]
    [InlineData(100, ChannelOutcome.Accepted)]
    [InlineData(900, ChannelOutcome.Accepted)]
    [InlineData(99, ChannelOutcome.VoucherTooLow)]
    public void A_payer_that_counts_its_requests_itself_may_sign_more(ulong voucher, ChannelOutcome expected) =>
        Assert.Equal(expected, Reserve("a", voucher, isStrict: false).Outcome);

    [Fact]
    public void Eight_that_were_told_the_same_all_get_in_with_one_correction_each()
    {
        var told = new ulong[8];
        var waiting = new Queue<int>(Enumerable.Range(0, 8));
        var corrections = 0;
        var retry = new List<int>();
        for (var steps = 0; waiting.Count + retry.Count > 0; steps++)
        {
            Assert.True(steps < 200, "they do not come to an end");
            // Whoever was corrected comes back before or after others ask again.
            var who = retry.Count > 0 && steps % 2 == 0 ? retry[0] : waiting.Count > 0 ? waiting.Dequeue() : retry[0];
            var result = Reserve($"{who}", told[who] + Amount);
            if (result.Outcome == ChannelOutcome.Accepted)
            {
                retry.Remove(who);
            }
            else if (result.Outcome == ChannelOutcome.VoucherOff)
            {
                corrections++;
                Assert.DoesNotContain(who, retry);
                told[who] = (ulong)result.StrictBase.Units;
                // The client believes no total above what it has signed.
                Assert.True(result.StrictBase <= result.VoucherMax);
                retry.Add(who);
            }
            else
            {
                Assert.Equal(ChannelOutcome.AwaitTurn, result.Outcome);
                waiting.Enqueue(who);
            }
        }

        Assert.Equal(7, corrections);
        Assert.Equal(8, _state.Reservations.Count);
        Assert.Equal(new TokenAmount(8 * Amount), _state.VoucherMax);
    }

    [Fact]
    public void A_correction_holds_although_a_request_beside_it_ended_meanwhile()
    {
        Reserve("a", Amount);
        var told = (ulong)Reserve("b", Amount).StrictBase.Units;
        Step(new ChannelInput.Charge(++_now, "a", new TokenAmount(10)));

        Assert.Equal(ChannelOutcome.Accepted, Reserve("b", told + Amount).Outcome);
        Assert.Equal((10u, 100u), ((uint)_state.Charged.Units, (uint)_state.Reserved.Units));
    }

    [Fact]
    public void Whoever_does_not_come_back_loses_the_turn()
    {
        Reserve("a", Amount);
        Assert.Equal(ChannelOutcome.VoucherOff, Reserve("b", Amount).Outcome);
        Assert.Equal(ChannelOutcome.AwaitTurn, Reserve("c", Amount).Outcome);
        _now += VoucherTurnMilliseconds;
        Assert.Equal(ChannelOutcome.VoucherOff, Reserve("c", Amount).Outcome);
    }

    [Fact]
    public void While_a_deposit_is_under_way_the_others_wait_and_do_not_deposit_again()
    {
        var deposit = new ChannelInput.Reserve(
            _now, "a", Signed(Amount), new TokenAmount(Amount), new ChannelFunds(new(500), default), 1_000_000) { IsStrict = true, HoldsTurnUntil = 60_000 };
        Assert.Equal(ChannelOutcome.Accepted, Step(deposit).Outcome);
        Assert.Equal(ChannelOutcome.AwaitTurn, Reserve("b", Amount).Outcome);
        Assert.Equal(ChannelOutcome.AwaitTurn, Reserve("b", 2 * Amount).Outcome);

        Step(new ChannelInput.EndTurn(++_now, "somebody else"));
        Assert.Equal(ChannelOutcome.AwaitTurn, Reserve("b", Amount).Outcome);
        Step(new ChannelInput.EndTurn(++_now, "a"));
        Assert.Equal(ChannelOutcome.Accepted, Reserve("b", 2 * Amount).Outcome);
    }

    [Fact]
    public void A_refund_waits_for_nothing_and_signs_away_what_is_not_charged()
    {
        Reserve("a", Amount);
        Assert.Equal(ChannelOutcome.TooManyInFlight, Refund(0, null).Outcome);
        Step(new ChannelInput.Charge(++_now, "a", new TokenAmount(40)));
        Assert.Equal(ChannelOutcome.VoucherOff, Refund(0, null).Outcome);

        var begun = Refund(40, null);
        Assert.Equal((ChannelOutcome.Accepted, new TokenAmount(9_960)), (begun.Outcome, begun.KeyAmount));
        Assert.Equal(ChannelOutcome.Repeated, Refund(40, null).Outcome);
        // From now on it cannot be promised, although the chain does not show it yet.
        Assert.Equal(ChannelOutcome.ExceedsEscrow, Reserve("b", 40 + Amount).Outcome);

        Assert.Equal(ChannelOutcome.Repeated, Step(new ChannelInput.EndRefund(++_now, 0)).Outcome);
        Assert.Equal(ChannelOutcome.Accepted, Step(new ChannelInput.EndRefund(++_now, 1)).Outcome);
        Assert.Equal(ChannelOutcome.Accepted, Reserve("c", 40 + Amount).Outcome);
    }

    [Theory]
    [InlineData(10ul, 10ul, ChannelOutcome.Accepted)]
    [InlineData(20_000ul, 10_000ul, ChannelOutcome.Accepted)]
    public void A_refund_is_never_above_what_is_free(ulong wished, ulong expected, ChannelOutcome outcome)
    {
        var result = Refund(0, wished);
        Assert.Equal((outcome, new TokenAmount(expected)), (result.Outcome, result.KeyAmount));
    }

    private const ulong VoucherTurnMilliseconds = 2_000;

    private ChannelResult Reserve(string key, ulong voucher, bool isStrict = true) => Step(new ChannelInput.Reserve(
        _now, key, Signed(voucher), new TokenAmount(Amount), new ChannelFunds(new(10_000), default), 1_000_000) { IsStrict = isStrict });

    private ChannelResult Refund(ulong voucher, ulong? amount) => Step(new ChannelInput.BeginRefund(
        _now, Signed(voucher), amount is { } units ? new TokenAmount(units) : null, new ChannelFunds(new(10_000), default), 0));

    private ChannelResult Step(ChannelInput input)
    {
        (_state, var result) = ChannelLedger.Apply(_state, input);
        return result;
    }

    private static SignedVoucher Signed(ulong total) => new(Config, new TokenAmount(total), default);

    private static Address Party(byte number) => new([.. new byte[19], number]);
}
