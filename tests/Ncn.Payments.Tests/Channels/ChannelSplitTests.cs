using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.Channels;

/// <summary>One voucher pays for many requests: a batch's reservation is split, each part charged by itself.</summary>
public sealed class ChannelSplitTests
{
    private const ulong Now = 1_790_000_000_000;
    private ChannelState _state = ChannelState.Empty with
    {
        VoucherMax = new(1000), Reservations = ChannelState.Empty.Reservations.Add("batch", new Reservation(new(900), Now + 1000)),
    };

    [Fact]
    public void A_part_is_charged_by_itself_and_its_rest_is_free_at_once()
    {
        Assert.Equal(ChannelOutcome.Accepted, Split("line-1", 300).Outcome);
        Assert.Equal((new TokenAmount(600), new TokenAmount(900)), (_state.Reservations["batch"].Amount, _state.Reserved));
        Assert.Equal(ChannelOutcome.Accepted, Do(new ChannelInput.Charge(Now, "line-1", new(100))).Outcome);
        Assert.Equal((new TokenAmount(100), new TokenAmount(600)), (_state.Charged, _state.Reserved));
        Assert.Equal(ChannelOutcome.Accepted, Do(new ChannelInput.Release(Now, "batch")).Outcome);
        Assert.Equal((new TokenAmount(100), TokenAmount.Zero), (_state.Charged, _state.Reserved));
    }

    [Fact]
    public void A_repeat_splits_nothing_whether_the_part_waits_was_charged_or_was_released()
    {
        Split("line-1", 300);
        Split("line-2", 300);
        Assert.Equal(ChannelOutcome.Repeated, Split("line-1", 300).Outcome);
        Do(new ChannelInput.Charge(Now, "line-1", new(100)));
        Do(new ChannelInput.Release(Now, "line-2"));
        Assert.Equal(ChannelOutcome.AlreadyCharged, Split("line-1", 300).Outcome);
        Assert.Equal(ChannelOutcome.Repeated, Split("line-2", 300).Outcome);
        Assert.Equal(new TokenAmount(300), _state.Reserved);
    }

    [Fact]
    public void No_more_is_split_than_is_held()
    {
        Split("line-1", 700);
        var refused = Split("line-2", 201);
        Assert.Equal((ChannelOutcome.ExceedsReservation, new TokenAmount(200)), (refused.Outcome, refused.KeyAmount));
        Assert.Equal(ChannelOutcome.NotReserved, Do(new ChannelInput.Split(Now, "other", "line-3", new(1), Now + 1)).Outcome);
        Assert.Equal(ChannelOutcome.NotReserved, Do(new ChannelInput.Split(Now + 1000, "batch", "line-3", new(1), Now + 2000)).Outcome);
    }

    [Fact]
    public void Nothing_more_is_begun_once_what_was_promised_leaves_the_escrow()
    {
        _state = _state with { Escrow = new ChannelEscrow(1, new(1000), default, default, 0) };
        Assert.Equal(ChannelOutcome.Accepted, Split("line-1", 300).Outcome);
        _state = _state with { Escrow = new ChannelEscrow(2, new(1000), default, new(101), Now / 1000) };
        Assert.Equal(ChannelOutcome.ExceedsEscrow, Split("line-2", 300).Outcome);
    }

    private ChannelResult Split(string key, ulong amount) => Do(new ChannelInput.Split(Now, "batch", key, new(amount), Now + 5000));

    private ChannelResult Do(ChannelInput input)
    {
        (_state, var result) = ChannelLedger.Apply(_state, input);
        return result;
    }
}
