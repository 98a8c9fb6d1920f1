namespace Ncn.Verification.Tests.Decision;

public sealed class SequentialTestTests
{
    private static readonly SequentialRules Rules = SequentialRules.Standard;

    [Fact]
    public void The_steps_are_those_of_the_stated_rates()
    {
        const double p0 = 10e-6, p1 = 20_000e-6, alpha = 100e-6, beta = 1_000e-6;
        Assert.Equal(Math.Round(1e6 * Math.Log(p1 / p0)), Rules.Fail);
        Assert.Equal(Math.Round(1e6 * Math.Log((1 - p0) / (1 - p1))), Rules.Pass);
        Assert.Equal(Math.Round(1e6 * Math.Log((1 - beta) / alpha)), Rules.Accuse);
    }

    [Fact]
    public void One_failed_check_accuses_nobody()
    {
        var test = new SequentialTest(0).After(false, Rules);
        Assert.False(test.Accuses(Rules));
        Assert.True(test.After(false, Rules).Accuses(Rules));
    }

    [Theory]
    [InlineData(296, true)]
    [InlineData(297, false)]
    public void Two_failed_checks_accuse_within_296(int between, bool accuses)
    {
        var test = new SequentialTest(0).After(false, Rules);
        for (var i = 0; i < between; i++)
        {
            test = test.After(true, Rules);
        }

        Assert.Equal(accuses, test.After(false, Rules).Accuses(Rules));
    }

    [Fact]
    public void A_long_good_record_is_no_credit()
    {
        var test = new SequentialTest(0);
        for (var i = 0; i < 100_000; i++)
        {
            test = test.After(true, Rules);
        }

        Assert.Equal(0, test.Evidence);
        Assert.True(test.After(false, Rules).After(false, Rules).Accuses(Rules));
    }

    [Fact]
    public void Evidence_is_bounded_and_a_fault_that_was_none_goes_out_of_it()
    {
        var test = new SequentialTest(0);
        for (var i = 0; i < 1_000; i++)
        {
            test = test.After(false, Rules);
        }

        Assert.True(test.Evidence <= (2 * Rules.Accuse) + Rules.Fail);
        Assert.Equal(default, new SequentialTest(0).After(false, Rules).Without(Rules));
        Assert.Equal(0, new SequentialTest(5).Without(Rules).Evidence);
    }
}
