using System.Buffers.Binary;
using System.Text.Json;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Payments.Tests;

/// <summary>A statement binds the receiver, and never a receiver that follows the ledger into a dispute that it cannot answer.</summary>
public sealed class StatementTests
{
    private static readonly ChannelConfig Config = NodeChannel.Config(default, new Address(Enumerable.Repeat((byte)2, 20).ToArray()), default);
    private static readonly ChannelFunds Funds = new(new(10_000), default);

    [Fact]
    public void A_statement_says_what_was_charged_under_the_best_voucher()
    {
        var state = Charged(voucher: 100, charge: 30);
        var result = Step(ref state, Ask(10));
        Assert.Equal(ChannelOutcome.Accepted, result.Outcome);
        Assert.Equal(new StatedTotals(new(100), new(30), 10, 10), result.Stated);
    }

    [Fact]
    public void It_covers_vouchers_that_the_payer_signed_and_the_receiver_never_took()
    {
        var state = Charged(voucher: 100, charge: 30);
        var result = Step(ref state, Ask(10, max: 250));
        Assert.Equal((new TokenAmount(250), new TokenAmount(250), SignatureOf(250)), (result.Stated!.MaxClaimable, result.VoucherMax, result.VoucherSignature));
        Assert.Equal(ChannelOutcome.VoucherTooLow, Step(ref state, Reserve("b", 250, 100)).Outcome);
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, Reserve("b", 251, 100)).Outcome);
    }

    [Fact]
    public void Nothing_is_stated_while_a_request_is_in_flight_until_it_expires()
    {
        var state = Charged(voucher: 100, charge: 30);
        Step(ref state, Reserve("b", 200, 100));
        Assert.Equal(ChannelOutcome.InFlight, Step(ref state, Ask(10)).Outcome);
        Assert.Null(state.Stated);
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, Ask(500_000)).Outcome);
    }

    [Fact]
    public void A_channel_without_a_voucher_has_nothing_to_state()
    {
        var unused = ChannelState.Empty;
        Assert.Equal(ChannelOutcome.NothingToState, Step(ref unused, Ask(10)).Outcome);
        var paying = ChannelState.Empty;
        Step(ref paying, new ChannelInput.Authorize(1, "a", Config, new(10), Funds, 500_000));
        Step(ref paying, new ChannelInput.Charge(2, "a", new(10)));
        Assert.Equal(ChannelOutcome.NothingToState, Step(ref paying, Ask(10)).Outcome);
    }

    [Fact]
    public void A_voucher_at_or_below_the_stated_maximum_is_refused_even_if_it_would_cover_the_request()
    {
        var state = Charged(voucher: 100, charge: 30);
        Step(ref state, Ask(10));
        var before = state;
        var refused = Step(ref state, Reserve("b", 100, 20));
        Assert.Equal(ChannelOutcome.VoucherTooLow, refused.Outcome);
        Assert.Equal(new TokenAmount(100), refused.Stated!.MaxClaimable);
        Assert.Equal(before, state);
        Assert.Equal(ChannelOutcome.Accepted, Step(ref state, Reserve("b", 101, 20)).Outcome);
    }

    [Fact]
    public void A_receiver_cannot_be_talked_out_of_a_statement()
    {
        var state = Charged(voucher: 100, charge: 30);
        Step(ref state, Ask(10));
        Step(ref state, new ChannelInput.Recognize(11, new(90)));
        Assert.Equal(new TokenAmount(30), state.Charged);
    }

    [Fact]
    public void A_repeated_or_replayed_request_gets_the_first_answer()
    {
        var state = Charged(voucher: 100, charge: 30);
        var first = Step(ref state, Ask(10)).Stated;
        Step(ref state, Reserve("b", 200, 100));
        var before = state;
        var again = Step(ref state, Ask(20, requestedAt: 10));
        Assert.Equal((ChannelOutcome.Repeated, first), (again.Outcome, again.Stated));
        Assert.Equal(before, state);
    }

    [Fact]
    public void A_new_statement_needs_something_new_and_some_time()
    {
        var state = Charged(voucher: 100, charge: 30);
        var first = Step(ref state, Ask(10)).Stated;
        Assert.Equal((ChannelOutcome.Repeated, first), Outcome(Step(ref state, Ask(100_000))));
        Step(ref state, Reserve("b", 200, 100));
        Step(ref state, new ChannelInput.Charge(11, "b", new(50)));
        Assert.Equal(ChannelOutcome.TooSoon, Step(ref state, Ask(9 + ChannelLedger.StatementIntervalMilliseconds)).Outcome);
        Assert.Equal(new TokenAmount(80), Step(ref state, Ask(10 + ChannelLedger.StatementIntervalMilliseconds)).Stated!.Charged);
    }

    [Fact]
    public void Another_channels_voucher_is_no_part_of_it()
    {
        var state = Charged(voucher: 100, charge: 30);
        var other = new SignedVoucher(Config with { WithdrawDelay = 901 }, new(250), SignatureOf(250));
        Assert.Equal(ChannelOutcome.WrongChannel, Step(ref state, new ChannelInput.State(10, other, 10)).Outcome);
        Assert.Equal(new TokenAmount(100), state.VoucherMax);
    }

    [Fact]
    public void A_ledger_that_lost_charges_states_what_was_claimed()
    {
        var state = Charged(voucher: 100, charge: 30);
        Step(ref state, new ChannelInput.Claimed(3, new(70)));
        Assert.Equal(new TokenAmount(70), Step(ref state, Ask(10)).Stated!.Charged);
    }

    [Fact]
    public void An_honest_receiver_can_answer_every_dispute_in_every_history()
    {
        var statements = 0;
        for (var seed = 1; seed <= 400; seed++)
        {
            var gateway = new HonestGateway(new Random(seed));
            for (var step = 0; step < 250; step++)
            {
                gateway.Step();
                gateway.CheckAnswers($"seed {seed}, step {step}");
            }

            statements += gateway.Statements.Count;
        }

        Assert.True(statements > 2_000, $"only {statements} statements were made");
    }

    /// <summary>Follows the ledger, claims at will, and restarts from what it has stored.</summary>
    private sealed class HonestGateway(Random random)
    {
        private ChannelState state = ChannelState.Empty;
        private ulong now = 1;
        private TokenAmount claimed;

        public List<StatedTotals> Statements { get; } = [];

        public void Step()
        {
            now += (ulong)random.Next(0, 3_000);
            var key = "k" + random.Next(6);
            switch (random.Next(9))
            {
                case 0 or 1 or 2:
                    var needed = (uint)(state.Charged + state.Reserved).Units + (uint)random.Next(0, 150);
                    var voucher = random.Next(2) == 0 && state.Stated is { } stated ? (uint)stated.MaxClaimable.Units : needed;
                    Apply(Reserve(key, voucher, (uint)random.Next(1, 100)) with { Now = now, ExpiresAt = now + 9_000, IsStrict = random.Next(3) == 0 });
                    break;
                case 3 or 4:
                    Apply(new ChannelInput.Charge(now, key, new((uint)random.Next(0, 100))));
                    break;
                case 5:
                    Apply(random.Next(2) == 0 ? new ChannelInput.Release(now, key) : new ChannelInput.Expire(now));
                    break;
                case 6:
                    Claim();
                    break;
                case 7:
                    Restart();
                    break;
                default:
                    AskForStatement();
                    break;
            }
        }

        /// <summary>What the contract asks of an answer: a voucher of the payer above the statement's maximum that covers what was claimed.</summary>
        public void CheckAnswers(string context)
        {
            foreach (var statement in Statements)
            {
                Assert.True(state.Charged <= statement.Charged || state.VoucherMax > statement.MaxClaimable, $"{context}: {statement}, {state.VoucherMax}");
                if (claimed > statement.Charged)
                {
                    Assert.True(state.VoucherMax > statement.MaxClaimable && state.VoucherMax >= claimed, $"{context}: {claimed} claimed, {statement}");
                    Assert.Equal(SignatureOf((uint)state.VoucherMax.Units), state.VoucherSignature);
                }
            }
        }

        private void Claim()
        {
            // The chain takes what a voucher covers; its confirmation comes now, later, or never.
            claimed = TokenAmount.Max(claimed, TokenAmount.Min(state.Charged, state.VoucherMax));
            if (random.Next(2) == 0)
            {
                Apply(new ChannelInput.Claimed(now, claimed));
            }
        }

        private void AskForStatement()
        {
            var requestedAt = now - Math.Min(now, (ulong)random.Next(0, 4_000));
            var signed = (uint)random.Next(0, 50) + (uint)state.Charged.Units;
            var result = Apply(Ask(now, random.Next(2) == 0 ? 0 : signed, requestedAt));
            if (result is { Outcome: ChannelOutcome.Accepted or ChannelOutcome.Repeated, Stated: { } stated })
            {
                Assert.True(stated.Charged >= claimed || Statements.Contains(stated), "a new statement is never below what was claimed");
                Statements.Add(stated);
            }
        }

        private void Restart() =>
            state = JsonSerializer.Deserialize<ChannelState>(JsonSerializer.Serialize(state, ProtocolJson.Options), ProtocolJson.Options)!;

        private ChannelResult Apply(ChannelInput input) => StatementTests.Step(ref state, input);
    }

    private static ChannelState Charged(uint voucher, uint charge)
    {
        var state = ChannelState.Empty;
        Step(ref state, Reserve("a", voucher, voucher));
        Step(ref state, new ChannelInput.Charge(2, "a", new(charge)));
        return state;
    }

    private static (ChannelOutcome, StatedTotals?) Outcome(ChannelResult result) => (result.Outcome, result.Stated);

    private static ChannelInput.State Ask(ulong now, uint max = 0, ulong? requestedAt = null) =>
        new(now, max == 0 ? null : new SignedVoucher(Config, new(max), SignatureOf(max)), requestedAt ?? now);

    private static ChannelInput.Reserve Reserve(string key, uint voucher, uint amount) =>
        new(1, key, new SignedVoucher(Config, new(voucher), SignatureOf(voucher)), new(amount), Funds, 400_000);

    private static Signature SignatureOf(uint voucher)
    {
        Span<byte> bytes = stackalloc byte[Signature.Size];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, voucher);
        return new Signature(bytes);
    }

    private static ChannelResult Step(ref ChannelState state, ChannelInput input)
    {
        (state, var result) = ChannelLedger.Apply(state, input);
        return result;
    }
}
