using Ncn.Payments.Channels;
using Ncn.Payments.Policies;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.Policies;

/// <summary>The ledger holds a channel to its payer's policy: per request, per day, per model, until it expires. Steps as tables.</summary>
public sealed class SpendRulesTests : IDisposable
{
    private const ulong Midnight = 1_790_035_200_000; // a multiple of a day
    private const ulong Now = Midnight + SpendBook.Hour;
    private static readonly ChannelFunds Rich = new(new(1_000_000), default);
    private readonly Signer _payer = Signer(1);
    private readonly Signer _agent = Signer(2);
    private ChannelState _state = ChannelState.Empty;
    private int _sequence;

    [Theory]
    [InlineData("within all caps", "chat", 50UL, ChannelOutcome.Accepted)]
    [InlineData("the request's cap is reached", "chat", 100UL, ChannelOutcome.Accepted)]
    [InlineData("above the request's cap", "other", 101UL, ChannelOutcome.PolicyRequestCap)]
    [InlineData("above the model's own cap of a request", "digits", 11UL, ChannelOutcome.PolicyRequestCap)]
    [InlineData("a model without a cap of its own", "other", 100UL, ChannelOutcome.Accepted)]
    public void One_request_is_held_to_its_caps(string step, string model, ulong amount, ChannelOutcome expected)
    {
        Set(Policy());
        Assert.True(expected == Reserve("one", amount, Now, model), step);
        Assert.Equal(expected == ChannelOutcome.Accepted ? new TokenAmount(amount) : default, _state.Reserved);
    }

    [Fact]
    public void A_days_cap_counts_charges_and_reservations_and_begins_anew_at_midnight()
    {
        Set(Policy() with { PerDay = new(250) });
        (string Step, Func<ChannelOutcome> Do, ChannelOutcome Expected)[] steps =
        [
            ("100 reserved", () => Reserve("a", 100, Now), ChannelOutcome.Accepted),
            ("200 reserved", () => Reserve("b", 100, Now), ChannelOutcome.Accepted),
            ("300 would be too much", () => Reserve("c", 100, Now), ChannelOutcome.PolicyDayCap),
            ("a repeat is no new request", () => Reserve("a", 100, Now), ChannelOutcome.Repeated),
            ("30 charged, 170 in all", () => Charge("a", 30, Now), ChannelOutcome.Accepted),
            ("100 fit, 230 in all", () => Reserve("d", 100, Now), ChannelOutcome.Accepted),
            ("21 do not", () => Reserve("e", 21, Now), ChannelOutcome.PolicyDayCap),
            ("the next day nothing is charged, 200 are reserved", () => Reserve("f", 50, Midnight + SpendBook.Day), ChannelOutcome.Accepted),
            ("what runs over midnight counts for the new day", () => Reserve("g", 1, Midnight + SpendBook.Day), ChannelOutcome.PolicyDayCap),
        ];
        foreach (var (step, act, expected) in steps)
        {
            Assert.True(expected == act(), step);
        }
    }

    [Fact]
    public void A_model_has_a_day_of_its_own_and_a_request_with_fallbacks_counts_for_each()
    {
        Set(Policy());
        Assert.Equal(ChannelOutcome.Accepted, Reserve("a", 10, Now, "digits"));
        Charge("a", 10, Now);
        Assert.Equal(ChannelOutcome.Accepted, Reserve("b", 10, Now, "chat", "digits"));
        Assert.Equal(ChannelOutcome.PolicyModelDayCap, Reserve("c", 6, Now, "digits"));
        Assert.Equal(ChannelOutcome.PolicyModelDayCap, Reserve("c", 6, Now, "chat", "digits"));
        Assert.Equal(ChannelOutcome.Accepted, Reserve("c", 6, Now, "chat"));
        Assert.Equal(ChannelOutcome.Accepted, Reserve("d", 10, Now + SpendBook.Day, "digits"));
    }

    [Theory]
    [InlineData("a listed model", "digits", ChannelOutcome.Accepted)]
    [InlineData("another", "chat", ChannelOutcome.PolicyModel)]
    [InlineData("a listed one with a fallback that is not", "digits,chat", ChannelOutcome.PolicyModel)]
    [InlineData("nobody knows which", "", ChannelOutcome.PolicyModel)]
    public void Where_only_listed_models_are_allowed_no_other_runs(string step, string models, ChannelOutcome expected)
    {
        Set(Policy() with { ListedOnly = true });
        Assert.True(expected == Reserve("one", 5, Now, models.Split(',', StringSplitOptions.RemoveEmptyEntries)), step);
    }

    [Fact]
    public void An_expired_policy_lets_nothing_pass_until_a_newer_one_comes()
    {
        Set(Policy() with { ExpiresAt = Now + 10 });
        Assert.Equal(ChannelOutcome.Accepted, Reserve("a", 1, Now + 9));
        Assert.Equal(ChannelOutcome.PolicyExpired, Reserve("b", 1, Now + 10));
        Assert.Equal(ChannelOutcome.Accepted, Charge("a", 1, Now + 20));
        Set(Policy());
        Assert.Equal(ChannelOutcome.Accepted, Reserve("b", 1, Now + 10));
    }

    [Fact]
    public void A_stream_is_raised_and_a_batch_split_within_the_caps_only()
    {
        Set(Policy());
        Reserve("a", 60, Now, "chat");
        Assert.Equal(ChannelOutcome.PolicyRequestCap, Raise("a", 101));
        Assert.Equal(ChannelOutcome.Accepted, Raise("a", 100));
        Assert.Equal(ChannelOutcome.PolicyRequestCap, Split("a", "a-1", 11, "digits"));
        Assert.Equal(ChannelOutcome.Accepted, Split("a", "a-1", 10, "digits"));
        Assert.Equal(ChannelOutcome.PolicyModelDayCap, Reserve("b", 10, Now, "digits") is ChannelOutcome.Accepted ? Reserve("c", 10, Now, "digits") : default);
    }

    [Fact]
    public void A_policy_is_replaced_by_a_newer_one_only_and_must_be_for_the_channels_key()
    {
        var first = Policy() with { Sequence = 7 };
        (string Step, SpendPolicy Policy, ChannelOutcome Expected)[] steps =
        [
            ("the first", first, ChannelOutcome.Accepted),
            ("the same again", first, ChannelOutcome.Repeated),
            ("another with its number", first with { PerDay = new(1) }, ChannelOutcome.PolicyOutdated),
            ("an older one", first with { Sequence = 6 }, ChannelOutcome.PolicyOutdated),
            ("a newer one", first with { Sequence = 8 }, ChannelOutcome.Accepted),
            ("for another key", first with { Sequence = 9, Delegate = _payer.Address }, ChannelOutcome.PolicyMalformed),
            ("a model twice", first with { Sequence = 9, Models = [.. first.Models, .. first.Models] }, ChannelOutcome.PolicyMalformed),
            ("a model without a name", first with { Sequence = 9, Models = [new ModelCap("", default, default)] }, ChannelOutcome.PolicyMalformed),
        ];
        foreach (var (step, policy, expected) in steps)
        {
            Assert.True(expected == Do(new ChannelInput.SetPolicy(Now, Config, Sign(policy))).Outcome, step);
        }

        Assert.Equal(8UL, _state.Policy!.Message.Sequence);
        Assert.Null(_state.Config);
    }

    [Fact]
    public void A_channel_without_a_policy_spends_what_it_holds_and_its_days_are_known()
    {
        Assert.Equal(ChannelOutcome.Accepted, Reserve("a", 500_000, Now, "chat"));
        Charge("a", 400, Now);
        Reserve("b", 10, Now + SpendBook.Day, "chat");
        Charge("b", 5, Now + SpendBook.Day);
        Assert.Equal([new SpentAt(Midnight, new(400)), new SpentAt(Midnight + SpendBook.Day, new(5))], _state.Spending.Days.AsEnumerable());
        Assert.Equal([new SpentOnModel("chat", new(5))], _state.Spending.Models.AsEnumerable());
    }

    public void Dispose()
    {
        _payer.Dispose();
        _agent.Dispose();
    }

    private ChannelConfig Config => new(_payer.Address, _agent.Address, Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"), default, default, 900, default);

    private SpendPolicy Policy() => new(
        default, _agent.Address, (ulong)++_sequence, ulong.MaxValue, new(100), new(10_000), false, [new ModelCap("digits", new(10), new(25))]);

    private void Set(SpendPolicy policy) => Assert.Equal(ChannelOutcome.Accepted, Do(new ChannelInput.SetPolicy(Now, Config, Sign(policy))).Outcome);

    private Signed<SpendPolicy> Sign(SpendPolicy policy) => _payer.Sign(policy, Eip712Domain.Network(1, default));

    private ChannelOutcome Reserve(string key, ulong amount, ulong now, params string[] models) =>
        Do(new ChannelInput.Reserve(now, key, Voucher(), new(amount), Rich, ulong.MaxValue) { Models = models }).Outcome;

    private ChannelOutcome Raise(string key, ulong amount) =>
        Do(new ChannelInput.Raise(Now, key, Voucher(), new(amount), Rich, ulong.MaxValue)).Outcome;

    private ChannelOutcome Split(string from, string key, ulong amount, string model) =>
        Do(new ChannelInput.Split(Now, from, key, new(amount), ulong.MaxValue) { Models = [model] }).Outcome;

    private ChannelOutcome Charge(string key, ulong amount, ulong now) => Do(new ChannelInput.Charge(now, key, new(amount))).Outcome;

    private SignedVoucher Voucher() => SignedVoucher.Create(Config, Rich.Balance, _agent, Eip712Domain.Payments(1, default));

    private ChannelResult Do(ChannelInput input)
    {
        (_state, var result) = ChannelLedger.Apply(_state, input);
        return result;
    }

    private static Signer Signer(byte number) => new(Enumerable.Repeat(number, 32).ToArray());
}
