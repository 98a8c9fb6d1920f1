using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Payments.Tests;

public sealed class ChannelLedgerTests
{
    private static readonly ChannelConfig Config = NodeChannel.Config(Party(1), Party(2), Party(3));

    [Fact]
    public void A_request_reserves_its_ceiling_and_is_charged_its_use()
    {
        var state = ChannelState.Empty;
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, Reserve("a", voucher: 100, amount: 100)).Outcome);
        var charged = Step(ref state, new ChannelInput.Charge(2, "a", new TokenAmount(30)));
        Assert.Equal((ChannelOutcome.Accepted, 30u, 0u), (charged.Outcome, (uint)charged.Charged.Units, (uint)charged.Reserved.Units));
    }

    [Fact]
    public void A_replayed_voucher_covers_nothing()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", voucher: 100, amount: 100));
        Step(ref state, new ChannelInput.Charge(2, "a", new TokenAmount(30)));
        var before = state;
        Assert.Equal(ChannelOutcome.VoucherTooLow, Step(ref state, Reserve("b", voucher: 100, amount: 100)).Outcome);
        Assert.Equal(before, state);
    }

    [Fact]
    public void Requests_in_flight_add_up()
    {
        var state = ChannelState.Empty;
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, Reserve("a", 100, 100)).Outcome);
        Assert.Equal(ChannelOutcome.VoucherTooLow, Step(ref state, Reserve("b", 150, 100)).Outcome);
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, Reserve("b", 200, 100)).Outcome);
        Assert.Equal(200u, (uint)state.Reserved.Units);
    }

    [Theory]
    [InlineData(1000, 0, 1001, ChannelOutcome.ExceedsEscrow)]
    [InlineData(1000, 0, 1000, ChannelOutcome.Accepted)]
    [InlineData(1000, 500, 501, ChannelOutcome.ExceedsEscrow)]
    [InlineData(1000, 2000, 100, ChannelOutcome.ExceedsEscrow)]
    public void A_voucher_never_promises_more_than_the_escrow_that_stays(uint balance, uint withdrawing, uint voucher, ChannelOutcome expected)
    {
        var state = ChannelState.Empty;
        Assert.Equal(expected, Step(ref state, Reserve("a", voucher, 100, new ChannelFunds(new(balance), new(withdrawing)))).Outcome);
    }

    [Fact]
    public void A_repeated_step_changes_nothing()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100));
        Assert.Equal(ChannelOutcome.Repeated, Step(ref state, Reserve("a", 100, 100)).Outcome);
        Step(ref state, new ChannelInput.Charge(2, "a", new TokenAmount(30)));
        var before = state;
        Assert.Equal(ChannelOutcome.Repeated, Step(ref state, new ChannelInput.Charge(3, "a", new TokenAmount(40))).Outcome);
        Assert.Equal(ChannelOutcome.AlreadyCharged, Step(ref state, Reserve("a", 200, 100)).Outcome);
        Assert.Equal(ChannelOutcome.Repeated, Step(ref state, new ChannelInput.Release(4, "a")).Outcome);
        Assert.Equal(before, state);
    }

    [Fact]
    public void A_released_request_may_be_made_again()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100));
        Step(ref state, new ChannelInput.Release(2, "a"));
        Assert.True(state.Reserved.IsZero);
        Assert.Equal(ChannelOutcome.NotReserved, Step(ref state, new ChannelInput.Charge(3, "a", new TokenAmount(5))).Outcome);
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, Reserve("a", 100, 100)).Outcome);
    }

    [Fact]
    public void An_expired_reservation_is_released_by_the_next_step()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100));
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, Reserve("b", 100, 100) with { Now = 1_000_000 }).Outcome);
        Assert.Equal(["b"], state.Reservations.Keys);
    }

    [Fact]
    public void A_charge_above_the_reservation_is_refused()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100));
        Assert.Equal(ChannelOutcome.ExceedsReservation, Step(ref state, new ChannelInput.Charge(2, "a", new TokenAmount(101))).Outcome);
        Assert.Equal(ChannelOutcome.NotReserved, Step(ref state, new ChannelInput.Charge(2, "b", new TokenAmount(1))).Outcome);
    }

    [Fact]
    public void Another_channels_voucher_is_refused()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100));
        var other = new SignedVoucher(Config with { Salt = Hash32.Parse("0x" + new string('1', 64)) }, new(200), default);
        Assert.Equal(ChannelOutcome.WrongChannel, Step(ref state, Reserve("b", 200, 100) with { Voucher = other }).Outcome);
    }

    [Fact]
    public void The_paying_side_signs_exactly_what_is_charged_reserved_and_asked()
    {
        var state = ChannelState.Empty;
        Assert.Equal(100u, (uint)Step(ref state, Authorize("a", 100)).VoucherMax.Units);
        Assert.Equal(150u, (uint)Step(ref state, Authorize("b", 50)).VoucherMax.Units);
        Step(ref state, new ChannelInput.Charge(2, "a", new TokenAmount(10)));
        Step(ref state, new ChannelInput.Release(2, "b"));
        // What was signed stays signed: the total never falls.
        Assert.Equal(150u, (uint)Step(ref state, Authorize("c", 20)).VoucherMax.Units);
        Assert.Equal(ChannelOutcome.ExceedsEscrow, Step(ref state, Authorize("d", 100_000)).Outcome);
    }

    [Fact]
    public void A_proven_charge_is_taken_over_but_never_above_what_was_signed()
    {
        var state = ChannelState.Empty;
        Step(ref state, Authorize("a", 100));
        Step(ref state, new ChannelInput.Release(2, "a"));
        Assert.Equal(60u, (uint)Step(ref state, new ChannelInput.Recognize(3, new(60))).Charged.Units);
        Assert.Equal(100u, (uint)Step(ref state, new ChannelInput.Recognize(4, new(5_000))).Charged.Units);
        Assert.Equal(ChannelOutcome.Repeated, Step(ref state, new ChannelInput.Recognize(5, new(60))).Outcome);
    }

    [Fact]
    public void Claims_only_rise()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100));
        Step(ref state, new ChannelInput.Charge(7, "a", new TokenAmount(100)));
        Assert.Equal(7ul, state.FirstUnclaimedAt);
        Step(ref state, new ChannelInput.Claimed(8, new(100)));
        Assert.Equal(0ul, state.FirstUnclaimedAt);
        Assert.Equal(ChannelOutcome.Repeated, Step(ref state, new ChannelInput.Claimed(9, new(50))).Outcome);
    }

    [Fact]
    public void Random_histories_keep_the_invariants()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            var state = ChannelState.Empty;
            var paid = new Dictionary<string, UInt128>(StringComparer.Ordinal);
            var now = 1ul;
            for (var step = 0; step < 200; step++)
            {
                now += (ulong)random.Next(0, 40);
                var before = state;
                var key = "k" + random.Next(12);
                var result = Step(ref state, RandomInput(random, state, key, now));
                CheckInvariants(before, state, result, seed);
                if (state.Recent.TryGetValue(key, out var settled) && !settled.Amount.IsZero)
                {
                    Assert.Equal(paid.GetValueOrDefault(key, settled.Amount.Units), settled.Amount.Units);
                    paid[key] = settled.Amount.Units;
                }
            }

            Assert.Equal(paid.Values.Aggregate(UInt128.Zero, static (sum, amount) => sum + amount), state.Charged.Units);
        }
    }

    private static void CheckInvariants(ChannelState before, ChannelState after, ChannelResult result, int seed)
    {
        var context = $"seed {seed}, {result}";
        Assert.True(after.Charged + after.Reserved <= TokenAmount.Max(after.VoucherMax, TokenAmount.Zero), context);
        Assert.True(after.Charged >= before.Charged && after.VoucherMax >= before.VoucherMax && after.Claimed >= before.Claimed, context);
        Assert.True(after.VoucherMax <= new TokenAmount(5_000), context);
    }

    private static ChannelInput RandomInput(Random random, ChannelState state, string key, ulong now) => random.Next(6) switch
    {
        0 or 1 => Reserve(key, (uint)(state.Charged + state.Reserved).Units + (uint)random.Next(0, 200), (uint)random.Next(1, 100),
            new ChannelFunds(new(5_000), default)) with { Now = now, ExpiresAt = now + (ulong)random.Next(1, 400) },
        2 => new ChannelInput.Release(now, key),
        3 => new ChannelInput.Expire(now),
        4 => new ChannelInput.Claimed(now, new((uint)random.Next(0, (int)(uint)state.Charged.Units + 1))),
        _ => new ChannelInput.Charge(now, key, new((uint)random.Next(0, 120))),
    };

    private static ChannelInput.Reserve Reserve(string key, uint voucher, uint amount, ChannelFunds? funds = null) => new(
        1, key, new SignedVoucher(Config, new(voucher), default), new(amount), funds ?? new ChannelFunds(new(10_000), default), 500_000);

    private static ChannelInput.Authorize Authorize(string key, uint amount) =>
        new(1, key, Config, new(amount), new ChannelFunds(new(10_000), default), 500_000);

    private static ChannelResult Step(ref ChannelState state, ChannelInput input)
    {
        (state, var result) = ChannelLedger.Apply(state, input);
        return result;
    }

    private static Address Party(byte number)
    {
        var bytes = new byte[20];
        bytes[19] = number;
        return new Address(bytes);
    }
}
