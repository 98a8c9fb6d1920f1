using Ncn.Attacks.Reporting;

namespace Ncn.Attacks.Tests;

public sealed class ShareTests
{
    [Theory]
    [InlineData(0, 200, 0, 0.0183)] // of the published tables for Clopper and Pearson
    [InlineData(200, 200, 0.9817, 1)]
    [InlineData(10, 100, 0.0490, 0.1762)]
    public void The_interval_is_that_of_clopper_and_pearson(int hits, int trials, double least, double most)
    {
        var share = new Share(hits, trials);
        Assert.Equal((least, most), (Math.Round(share.Least, 4), Math.Round(share.Most, 4)));
    }

    [Fact]
    public void Without_a_hit_the_one_sided_bound_is_three_in_so_many() => Assert.InRange(new Share(0, 1000).UpperBound, 0.0029, 0.0031);
}
