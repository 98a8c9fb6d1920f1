using Ncn.Inference.Repository;

namespace Ncn.Inference.Tests.Repository;

public sealed class NaturalOrderTests
{
    [Theory]
    [InlineData("9", "10")]
    [InlineData("1", "1.0")]
    [InlineData("1.9", "1.10")]
    [InlineData("v2", "v10")]
    [InlineData("1.0-rc2", "1.0-rc10")]
    [InlineData("2024-12-31", "2025-01-01")]
    [InlineData("99999999999999999998", "99999999999999999999")]
    [InlineData("1", "a")]
    [InlineData("01", "1")]
    public void Numbers_within_versions_count_as_numbers(string lower, string higher)
    {
        Assert.True(NaturalOrder.Instance.Compare(lower, higher) < 0);
        Assert.True(NaturalOrder.Instance.Compare(higher, lower) > 0);
        Assert.Equal(0, NaturalOrder.Instance.Compare(lower, lower));
    }
}
