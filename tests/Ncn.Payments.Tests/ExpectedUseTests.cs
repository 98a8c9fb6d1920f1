using Ncn.Payments.Pricing;

namespace Ncn.Payments.Tests;

/// <summary>What is expected is what was measured, never above the ceiling.</summary>
public sealed class ExpectedUseTests
{
    private static readonly Usage Limit = new(100, 200, 3);

    [Fact]
    public void Nothing_measured_means_all_of_the_ceiling() => Assert.Equal(Limit, ExpectedUse.Unknown.Of(Limit));

    [Theory]
    [InlineData("one request", "50:20", 50u, 20u)]
    [InlineData("the first requests count alike", "0:0,100:200", 50u, 100u)]
    [InlineData("one that used more than it might counts as all", "400:400", 100u, 200u)]
    [InlineData("at least one token is expected", "0:0", 1u, 1u)]
    public void The_average_of_what_was_measured_is_expected(string step, string used, uint prompt, uint completion)
    {
        var use = used.Split(',').Select(static one => one.Split(':')).Aggregate(
            ExpectedUse.Unknown, static (all, one) => all.Add(Limit, new Usage(Number(one[0]), Number(one[1]), 1)));
        Assert.True(new Usage(prompt, completion, 3) == use.Of(Limit), $"{step}: {use.Of(Limit)}");
    }

    private static uint Number(string text) => uint.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
