using Ncn.Chain.Registry;
using Ncn.Protocol;

namespace Ncn.Chain.Tests;

public sealed class DisputeViewTests
{
    // A statement over vouchers up to 300, and 320 claimed in spite of it.
    private static readonly DisputeView Open = new(Address.Zero, Address.Zero, new(20), new(40), SettledClaim: new(320), ClosableAt: 1, MaxClaimableAmount: new(300));

    [Theory]
    [InlineData(300, false)]
    [InlineData(310, false)]
    [InlineData(319, false)]
    [InlineData(320, true)]
    [InlineData(400, true)]
    public void A_voucher_answers_that_is_above_the_statement_and_covers_the_claim(ulong max, bool answers)
    {
        Assert.Equal(answers, Open.IsAnsweredBy(new(max)));
        Assert.False((Open with { ClosableAt = 0 }).IsAnsweredBy(new(max)));
    }

    [Fact]
    public void The_voucher_that_was_stated_answers_nothing() =>
        Assert.False((Open with { MaxClaimableAmount = new(320) }).IsAnsweredBy(new(320)));
}
