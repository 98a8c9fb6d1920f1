using Ncn.Payments.Pricing;
using Ncn.Protocol;

namespace Ncn.Payments.Tests;

public sealed class ServiceCreditTests
{
    [Theory]
    [InlineData(200, 0, 200, 1, 0, 0)]
    [InlineData(200, 0, 300, 1, 0, 3_333)]
    [InlineData(200, 0, 4_000, 1, 0, 5_000)]
    [InlineData(0, 0, 4_000_000, 1, 0, 0)]
    [InlineData(0, 10, 0, 11, 1_000, 0)]
    [InlineData(0, 10, 0, 11, 1_250, 2_000)]
    [InlineData(0, 10, 0, 7, 60_000, 0)]
    [InlineData(200, 10, 300, 11, 1_250, 3_333)]
    [InlineData(200, 10, 60_000, 0, 0, 0)]
    public void The_share_of_the_time_beyond_the_promise_is_credited_and_at_most_half(
        uint promisedFirst, uint promisedRate, uint first, uint tokens, uint generation, uint expected) =>
        Assert.Equal(expected, ServiceCredit.BasisPoints(new ServiceLevel(promisedFirst, promisedRate), new ServiceMeasure(first, tokens, generation)));

    [Fact]
    public void A_credit_is_rounded_down_and_never_more_than_half()
    {
        Assert.Equal(new TokenAmount(33), ServiceCredit.Of(new TokenAmount(101), 3_333));
        Assert.Equal(new TokenAmount(50), ServiceCredit.Of(new TokenAmount(101), 5_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => ServiceCredit.Of(new TokenAmount(101), 5_001));
    }

    [Fact]
    public void The_largest_numbers_do_not_overflow() => Assert.Equal(
        ServiceCredit.MaxBasisPoints,
        ServiceCredit.BasisPoints(new ServiceLevel(1, 1), new ServiceMeasure(uint.MaxValue, uint.MaxValue, uint.MaxValue)));

    [Fact]
    public void A_meter_counts_waits_for_tokens_alone()
    {
        var meter = new ServiceMeter();
        meter.Waited(TimeSpan.FromMilliseconds(100), 0);
        meter.Waited(TimeSpan.FromMilliseconds(50), 2);
        meter.Waited(TimeSpan.FromMilliseconds(30), 1);
        meter.Waited(TimeSpan.FromMilliseconds(900), 0);
        Assert.Equal(new ServiceMeasure(150, 3, 30), meter.Measure);
    }
}
