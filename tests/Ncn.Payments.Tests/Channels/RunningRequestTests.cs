using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.Channels;

/// <summary>Steps as one, requests that are raised, go to a queue, are repeated under a key, or are left by a process that died.</summary>
public sealed class RunningRequestTests
{
    private static readonly ChannelConfig Config = NodeChannel.Config(Party(1), Party(2), Party(3));
    private static readonly Hash32 One = Hash32.Parse("0x" + new string('1', 64));
    private static readonly Hash32 Two = Hash32.Parse("0x" + new string('2', 64));
    private static readonly Holder First = new("gateway-text@host", 10);
    private static readonly Holder Second = new("gateway-text@host", 20);

    /// <summary>Found by the simulator: a release that came late gave back what was reserved anew under the same key, and the answer was never paid.</summary>
    [Fact]
    public void A_release_that_comes_late_is_not_for_what_was_reserved_since()
    {
        var state = ChannelState.Empty;
        var made = Reserve("a", 100, 100) with { Holder = Second };
        Step(ref state, made);

        Step(ref state, new ChannelInput.Release(2, "a") { Until = made.ExpiresAt - 1 });
        Step(ref state, new ChannelInput.Release(2, "a") { LeftBehind = Second });
        Step(ref state, new ChannelInput.Release(2, "a") { LeftBehind = First });
        Assert.Equal(new TokenAmount(100), Step(ref state, new ChannelInput.Release(2, "a") { IsWaiting = true }).KeyAmount);
        Assert.Equal(new TokenAmount(100), state.Reserved);

        Step(ref state, new ChannelInput.Release(3, "a") { LeftBehind = new Holder(Second.Instance, Second.Life + 1), Until = made.ExpiresAt });
        Assert.True(state.Reserved.IsZero);
    }

    [Fact]
    public void Steps_as_one_are_the_same_as_steps_one_by_one()
    {
        ChannelInput[] inputs = [Reserve("a", 100, 100), new ChannelInput.Charge(2, "a", new(30)), Reserve("b", 130, 100), Reserve("c", 130, 100)];
        var (together, results) = ChannelLedger.Apply(ChannelState.Empty, inputs);
        var state = ChannelState.Empty;
        ChannelResult[] singly = [.. inputs.Select(input => Step(ref state, input))];

        Assert.Equal(singly, results);
        Assert.Equal(
            [ChannelOutcome.Accepted, ChannelOutcome.Accepted, ChannelOutcome.Accepted, ChannelOutcome.VoucherTooLow],
            results.Select(static result => result.Outcome));
        Assert.Equal((state.Charged, state.Reserved, state.VoucherMax), (together.Charged, together.Reserved, together.VoucherMax));
    }

    [Theory]
    [InlineData(250u, 200u, 1_000u, ChannelOutcome.Accepted)] // 50 charged, 200 allowed
    [InlineData(249u, 200u, 1_000u, ChannelOutcome.VoucherTooLow)]
    [InlineData(250u, 200u, 249u, ChannelOutcome.ExceedsEscrow)]
    [InlineData(500u, 100u, 1_000u, ChannelOutcome.Repeated)]
    [InlineData(500u, 99u, 1_000u, ChannelOutcome.Repeated)]
    public void A_growing_voucher_raises_what_runs(uint voucher, uint amount, uint balance, ChannelOutcome expected)
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("before", 50, 50));
        Step(ref state, new ChannelInput.Charge(1, "before", new(50)));
        Step(ref state, Reserve("a", 150, 100));
        var before = state;

        var result = Step(ref state, Raise("a", voucher, amount, balance));

        Assert.Equal(expected, result.Outcome);
        Assert.Equal(expected == ChannelOutcome.Accepted ? amount : 100u, (uint)result.KeyAmount.Units);
        Assert.Equal(expected == ChannelOutcome.Accepted ? (amount, voucher) : (100u, 150u), ((uint)state.Reserved.Units, (uint)state.VoucherMax.Units));
        Assert.Equal(expected == ChannelOutcome.Accepted, !ReferenceEquals(before, state));
    }

    [Fact]
    public void What_was_raised_is_charged_as_a_whole_and_once()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100));
        Step(ref state, Raise("a", 300, 300));
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, new ChannelInput.Charge(2, "a", new(280))).Outcome);
        Assert.Equal(ChannelOutcome.NotReserved, Step(ref state, Raise("a", 600, 300)).Outcome);
        Assert.Equal(280u, (uint)state.Charged.Units);
    }

    [Fact]
    public void One_key_is_one_request()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100) with { Fingerprint = One, Holder = First });
        var running = Step(ref state, Reserve("a", 200, 100) with { Fingerprint = One, Holder = Second });
        Assert.Equal((ChannelOutcome.Repeated, First), (running.Outcome, running.HeldBy));
        Assert.Equal(ChannelOutcome.Conflict, Step(ref state, Reserve("a", 200, 100) with { Fingerprint = Two }).Outcome);

        Step(ref state, new ChannelInput.Charge(2, "a", TokenAmount.Zero));
        Assert.Equal(ChannelOutcome.AlreadyCharged, Step(ref state, Reserve("a", 200, 100) with { Fingerprint = One }).Outcome);
        Assert.Equal(ChannelOutcome.Conflict, Step(ref state, Reserve("a", 200, 100) with { Fingerprint = Two }).Outcome);
        Assert.Empty(state.Reservations);
    }

    [Fact]
    public void A_key_whose_run_delivered_nothing_is_free_again_for_any_request()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100) with { Fingerprint = One });
        Step(ref state, new ChannelInput.Release(2, "a"));
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, Reserve("a", 100, 100) with { Fingerprint = Two }).Outcome);
    }

    [Fact]
    public void A_key_that_was_given_back_is_known_when_it_is_reserved_anew()
    {
        var state = ChannelState.Empty;
        Assert.False(Step(ref state, Reserve("a", 100, 100)).IsAnew);
        Step(ref state, new ChannelInput.Release(2, "a"));
        Assert.True(Step(ref state, Reserve("a", 100, 100)).IsAnew);
        Assert.False(Step(ref state, Reserve("a", 100, 100)).IsAnew);
        Assert.True(Step(ref state, Reserve("a", 100, 100) with { Now = 600_000, ExpiresAt = 900_000 }).IsAnew);
    }

    [Fact]
    public void What_was_charged_is_told_to_who_wants_to_deliver_it_again()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100));
        Step(ref state, new ChannelInput.Charge(2, "a", new(30)));
        var taken = Step(ref state, new ChannelInput.Assign(3, "a", First, 900_000));
        Assert.Equal((ChannelOutcome.AlreadyCharged, new TokenAmount(30)), (taken.Outcome, taken.KeyAmount));
    }

    [Fact]
    public void A_request_whose_time_is_up_does_not_wait_any_more_whoever_held_it()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100) with { Holder = First });
        Assert.Equal(TokenAmount.Zero, Step(ref state, new ChannelInput.Release(500_000, "a") { IsWaiting = true }).KeyAmount);
        Assert.Empty(state.Reservations);
    }

    [Fact]
    public void A_process_finds_what_its_earlier_lives_left_and_nothing_else()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("left", 100, 100) with { Holder = First });
        Step(ref state, Reserve("mine", 200, 100) with { Holder = Second });
        Step(ref state, Reserve("other", 300, 100) with { Holder = new Holder("gateway-vision@host", 1) });
        Step(ref state, Reserve("queued", 400, 100));

        Assert.Equal(["left"], ChannelLedger.LeftBehind(state, Second));
        Assert.Empty(ChannelLedger.LeftBehind(state, First));
    }

    [Fact]
    public void A_process_releases_what_it_holds_and_not_what_another_does()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100) with { Holder = First });
        Assert.Equal(ChannelOutcome.Repeated, Step(ref state, new ChannelInput.Release(2, "a") { Holder = Second }).Outcome);
        Assert.Single(state.Reservations);
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, new ChannelInput.Release(2, "a") { Holder = First }).Outcome);
        Assert.Empty(state.Reservations);
    }

    [Fact]
    public void What_goes_to_a_queue_is_nobodys_and_lasts_longer()
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", 100, 100) with { Holder = First });
        Step(ref state, new ChannelInput.Assign(2, "a", null, 900_000));
        Assert.Equal(new Reservation(new(100), 900_000), state.Reservations["a"]);
        Assert.Empty(ChannelLedger.LeftBehind(state, Second));
        Assert.Equal(ChannelOutcome.NotReserved, Step(ref state, new ChannelInput.Assign(2, "b", null, 1)).Outcome);
    }

    [Fact]
    public void Random_batches_of_processes_that_die_keep_the_invariants_and_charge_each_request_once()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            var state = ChannelState.Empty;
            var paid = new Dictionary<string, UInt128>(StringComparer.Ordinal);
            var (now, life) = (1ul, 1ul);
            for (var batch = 0; batch < 60; batch++)
            {
                now += (ulong)random.Next(0, 40);
                life += random.Next(8) == 0 ? 1ul : 0;
                ChannelInput[] inputs = random.Next(8) == 0
                    ? [.. ChannelLedger.LeftBehind(state, new Holder("g", life)).Select(key => new ChannelInput.Release(now, key))]
                    : [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => RandomInput(random, state, now, life))];
                var before = state;
                (state, var results) = ChannelLedger.Apply(state, inputs);
                Check(before, state, seed);
                for (var i = 0; i < inputs.Length; i++)
                {
                    if (inputs[i] is ChannelInput.Charge charge && results[i].Outcome == ChannelOutcome.Accepted && !charge.Amount.IsZero)
                    {
                        Assert.True(paid.TryAdd(charge.Key, charge.Amount.Units), $"seed {seed}: {charge.Key} was charged twice");
                    }
                }
            }

            Assert.Equal(paid.Values.Aggregate(UInt128.Zero, static (sum, amount) => sum + amount), state.Charged.Units);
            Assert.All(ChannelLedger.LeftBehind(state, new Holder("g", life + 1)), key => Assert.NotNull(state.Reservations[key].Holder));
        }
    }

    private static void Check(ChannelState before, ChannelState after, int seed)
    {
        Assert.True(after.Charged + after.Reserved <= after.VoucherMax, $"seed {seed}");
        Assert.True(after.Charged >= before.Charged && after.VoucherMax >= before.VoucherMax, $"seed {seed}");
        Assert.True(after.VoucherMax <= new TokenAmount(5_000), $"seed {seed}");
    }

    private static ChannelInput RandomInput(Random random, ChannelState state, ulong now, ulong life)
    {
        var key = "k" + random.Next(12);
        var covered = (uint)(state.Charged + state.Reserved).Units + (uint)random.Next(0, 300);
        return random.Next(6) switch
        {
            0 or 1 => Reserve(key, covered, (uint)random.Next(1, 100)) with
            {
                Now = now, ExpiresAt = now + (ulong)random.Next(1, 400), Fingerprint = random.Next(3) == 0 ? Two : One, Holder = new Holder("g", life),
                Funds = new ChannelFunds(new(5_000), default),
            },
            2 => Raise(key, covered, (uint)random.Next(1, 200), 5_000) with { Now = now, ExpiresAt = now + (ulong)random.Next(1, 400) },
            3 => new ChannelInput.Release(now, key) { Holder = random.Next(2) == 0 ? null : new Holder("g", life) },
            4 => new ChannelInput.Assign(now, key, random.Next(2) == 0 ? null : new Holder("g", life), now + 100),
            _ => new ChannelInput.Charge(now, key, new((uint)random.Next(0, 150))),
        };
    }

    private static ChannelInput.Reserve Reserve(string key, uint voucher, uint amount) =>
        new(1, key, new SignedVoucher(Config, new(voucher), default), new(amount), new ChannelFunds(new(10_000), default), 500_000);

    private static ChannelInput.Raise Raise(string key, uint voucher, uint amount, uint balance = 10_000) =>
        new(2, key, new SignedVoucher(Config, new(voucher), default), new(amount), new ChannelFunds(new(balance), default), 600_000);

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
