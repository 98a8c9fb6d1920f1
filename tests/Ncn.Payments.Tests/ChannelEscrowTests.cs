using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Payments.Tests;

/// <summary>What the chain's events tell a ledger.</summary>
public sealed class ChannelEscrowTests
{
    private static readonly ChannelConfig Config = NodeChannel.Config(default, default, default);

    [Fact]
    public void A_withdrawal_counts_before_the_caller_has_seen_it()
    {
        var state = Observe(ChannelState.Empty, 5, balance: 1_000, claimed: 0, withdrawing: 900);
        Assert.Equal(ChannelOutcome.ExceedsEscrow, Reserve(state, 101).Outcome);
        Assert.Equal(ChannelOutcome.Accepted, Reserve(state, 100).Outcome);
    }

    [Fact]
    public void What_was_read_earlier_never_replaces_what_was_read_later()
    {
        var state = Observe(ChannelState.Empty, 5, balance: 1_000, claimed: 0, withdrawing: 900);
        Assert.Same(state, Observe(state, 4, balance: 1_000, claimed: 0, withdrawing: 0));
        Assert.Equal(TokenAmount.Zero, Observe(state, 6, balance: 100, claimed: 0, withdrawing: 0).Escrow!.Withdrawing);
    }

    [Fact]
    public void A_strangers_channel_is_not_kept() => Assert.Same(
        ChannelState.Empty, ChannelLedger.Apply(ChannelState.Empty, new ChannelInput.Observe(1, View(5, 1, 0, 0), Ours: false, null)).State);

    [Fact]
    public void A_claim_that_the_chain_took_back_is_owed_again()
    {
        var state = Charged(60);
        state = Observe(state, 9, balance: 1_000, claimed: 60, withdrawing: 0);
        Assert.Equal((60u, 0UL), ((uint)state.Claimed.Units, state.FirstUnclaimedAt));

        Assert.Equal(60u, (uint)Observe(state, 9, balance: 1_000, claimed: 0, withdrawing: 0).Claimed.Units);
        var reorganized = Observe(state, 8, balance: 1_000, claimed: 0, withdrawing: 0, from: 7);
        Assert.Equal((0u, 7UL), ((uint)reorganized.Claimed.Units, reorganized.FirstUnclaimedAt));
        Assert.Equal(8UL, reorganized.Escrow!.Block);
    }

    [Fact]
    public void A_reorganization_above_what_is_known_voids_nothing()
    {
        var state = Observe(Charged(60), 9, balance: 1_000, claimed: 60, withdrawing: 0);
        Assert.Same(state, Observe(state, 8, balance: 1_000, claimed: 0, withdrawing: 0, from: 10));
    }

    private static ChannelState Charged(uint amount)
    {
        var (reserved, _) = ChannelLedger.Apply(ChannelState.Empty, Request(amount));
        return ChannelLedger.Apply(reserved, new ChannelInput.Charge(2, "a", new(amount))).State;
    }

    private static ChannelResult Reserve(ChannelState state, uint amount) => ChannelLedger.Apply(state, Request(amount)).Result;

    private static ChannelInput.Reserve Request(uint amount) =>
        new(1, "a", new SignedVoucher(Config, new(amount), default), new(amount), new ChannelFunds(new(1_000), default), 500);

    private static ChannelState Observe(ChannelState state, ulong block, uint balance, uint claimed, uint withdrawing, ulong? from = null) =>
        ChannelLedger.Apply(state, new ChannelInput.Observe(7, View(block, balance, claimed, withdrawing), Ours: true, from)).State;

    private static ChannelEscrow View(ulong block, uint balance, uint claimed, uint withdrawing) =>
        new(block, new(balance), new(claimed), new(withdrawing), withdrawing == 0 ? 0UL : 1);
}
