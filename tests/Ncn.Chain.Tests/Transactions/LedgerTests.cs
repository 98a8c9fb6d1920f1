using System.Collections.Immutable;
using Ncn.Chain.Transactions;
using static Ncn.Chain.Tests.Transactions.Ledgers;

namespace Ncn.Chain.Tests.Transactions;

/// <summary>The pure ledger, step by step: what goes in, and what is to be done.</summary>
public sealed class LedgerTests
{
    private static readonly PurposeId A = new("a");
    private LedgerState _state = LedgerState.Empty;

    [Fact]
    public void A_transaction_is_a_record_before_it_leaves()
    {
        var outputs = Apply(Sign("a", 0));

        Assert.Collection(
            outputs,
            first => Assert.IsType<TransactionRecord.Signed>(Assert.IsType<LedgerOutput.Record>(first).Entry),
            second => Assert.Equal(Hash(0, 1), Assert.IsType<LedgerOutput.Broadcast>(second).Transaction.Hash));
        Assert.Equal((TransactionStage.Signed, 1UL), (Stage(), _state.NextNonce(0)));
    }

    [Fact]
    public void What_is_not_mined_is_offered_again_and_then_bids_more()
    {
        Apply(Sign("a", 0));
        Apply(new LedgerInput.Accepted(A, 100));

        Assert.Empty(Apply(Look(head: 1, mined: 0, at: 109)));
        Assert.IsType<LedgerOutput.Broadcast>(Assert.Single(Apply(Look(head: 1, mined: 0, at: 110))));
        var rebid = Assert.IsType<LedgerOutput.Rebid>(Assert.Single(Apply(Look(head: 1, mined: 0, at: 130))));
        Assert.Equal(new FeeBid(113, 2), rebid.AtLeast);
    }

    [Fact]
    public void Only_the_lowest_nonce_bids_more_because_the_others_wait_for_it()
    {
        Apply(Sign("a", 0));
        Apply(Sign("b", 1));
        Apply(new LedgerInput.Accepted(A, 100));
        Apply(new LedgerInput.Accepted(new("b"), 100));

        var outputs = Apply(Look(head: 1, mined: 0, at: 200));

        Assert.Equal(A, Assert.Single(outputs.OfType<LedgerOutput.Rebid>()).Purpose);
        Assert.Equal("b", Assert.Single(outputs.OfType<LedgerOutput.Broadcast>()).Purpose.ToString());
    }

    [Fact]
    public void A_refused_transaction_is_offered_again_only_after_a_while()
    {
        Apply(Sign("a", 0));
        Apply(new LedgerInput.Refused(A, 100));

        Assert.Empty(Apply(Look(head: 1, mined: 0, at: 105)));
        Assert.IsType<LedgerOutput.Broadcast>(Assert.Single(Apply(Look(head: 1, mined: 0, at: 110))));
    }

    [Theory]
    [InlineData(888, true)]
    [InlineData(889, false)]
    public void A_bid_never_passes_the_cap(ulong fee, bool bidsMore)
    {
        Apply(new LedgerInput.Sign(A, Call("a"), 1, Transaction(0, 1, fee)));
        Assert.Equal(bidsMore, Apply(new LedgerInput.Outbid(A, 1, Policy)).Length == 1);
    }

    [Fact]
    public void A_purpose_is_signed_a_limited_number_of_times()
    {
        Apply(Sign("a", 0));
        for (var attempt = 2; attempt <= TransactionLedger.MaxAttempts; attempt++)
        {
            Assert.Single(Apply(new LedgerInput.Outbid(A, 1, Policy)));
            Apply(new LedgerInput.Bump(A, Transaction(0, attempt)));
        }

        Assert.Empty(Apply(new LedgerInput.Outbid(A, 1, Policy)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Any_of_the_signed_transactions_may_be_the_mined_one(int attempt)
    {
        Apply(Sign("a", 0));
        Apply(new LedgerInput.Bump(A, Transaction(0, 2)));

        Apply(Look(head: 5, mined: 1, at: 1, In(5, 0, attempt)));

        Assert.Equal((TransactionStage.Mined, Hash(0, attempt)), (Stage(), _state.Entries[A].Hash));
    }

    [Fact]
    public void Final_needs_the_confirmations_and_is_not_watched_any_more()
    {
        Apply(Sign("a", 0));
        Apply(Look(head: 6, mined: 1, at: 1, In(5, 0)));
        Assert.Equal(TransactionStage.Mined, Stage());

        Apply(Look(head: 7, mined: 1, at: 2, In(5, 0)));

        Assert.Equal(TransactionStage.Final, Stage());
        Assert.Empty(_state.Live);
        Assert.Empty(Apply(Look(head: 3, mined: 0, at: 3)));
    }

    [Fact]
    public void What_vanished_is_offered_again_at_once_and_may_come_back_in_another_block()
    {
        Apply(Sign("a", 0));
        Apply(new LedgerInput.Accepted(A, 1));
        Apply(Look(head: 5, mined: 1, at: 2, In(5, 0)));

        var outputs = Apply(Look(head: 5, mined: 0, at: 3));
        Assert.IsType<TransactionRecord.Returned>(Assert.IsType<LedgerOutput.Record>(outputs[0]).Entry);
        Assert.IsType<LedgerOutput.Broadcast>(outputs[1]);
        Assert.Null(_state.Entries[A].Inclusion);

        Apply(Look(head: 6, mined: 1, at: 4, In(6, 0, fork: 1)));
        Assert.Equal(In(6, 0, fork: 1), _state.Entries[A].Inclusion);
    }

    [Fact]
    public void A_foreign_transaction_drops_a_purpose_only_when_deep_and_old_enough()
    {
        Apply(Sign("a", 0));

        Apply(Look(head: 5, mined: 1, at: 100));
        Assert.Equal(TransactionStage.Replaced, Stage());
        Apply(Look(head: 7, mined: 1, at: 109));
        Apply(Look(head: 6, mined: 1, at: 110));
        Assert.Equal(TransactionStage.Replaced, Stage());

        Apply(Look(head: 7, mined: 1, at: 110));
        Assert.False(_state.Entries.ContainsKey(A));
        Assert.Equal(1UL, _state.NextNonce(1));
    }

    [Fact]
    public void A_foreign_transaction_that_vanishes_gives_the_nonce_back()
    {
        Apply(Sign("a", 0));
        Apply(Look(head: 5, mined: 1, at: 100));

        Assert.Contains(Apply(Look(head: 5, mined: 0, at: 101)), output => output is LedgerOutput.Broadcast);
        Apply(Look(head: 50, mined: 1, at: 500));

        Assert.Equal(TransactionStage.Replaced, Stage());
    }

    [Fact]
    public void Missing_nonces_below_others_are_filled()
    {
        Apply(Sign("a", 4));

        var outputs = Apply(Look(head: 1, mined: 2, at: 1));

        Assert.Equal([2UL, 3UL], outputs.OfType<LedgerOutput.FillGap>().Select(gap => gap.Nonce));
    }

    [Fact]
    public void The_state_is_the_sum_of_its_records_over_any_life()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var life = new LedgerLife(new Random(seed));
            life.Run(120);
            Assert.True(life.HasPaidNothingTwice, $"seed {seed}");
            Assert.Equal(LedgerLife.Describe(life.State), LedgerLife.Describe(TransactionLedger.Restore(life.Records)));
            Assert.Equal(LedgerLife.Describe(life.State), LedgerLife.Describe(TransactionLedger.Restore(LedgerRecords.Compact(life.Records))));
        }
    }

    private TransactionStage Stage() => _state.Entries[A].Stage;

    private ImmutableArray<LedgerOutput> Apply(LedgerInput input)
    {
        (_state, var outputs) = TransactionLedger.Apply(_state, input);
        return outputs;
    }
}
