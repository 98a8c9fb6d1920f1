using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Validators;

public sealed class QuorumTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 4)]
    [InlineData(6, 5)]
    [InlineData(7, 5)]
    [InlineData(31, 21)]
    [InlineData(100, 67)]
    [InlineData(300, 201)]
    public void The_least_quorum_is_more_than_two_thirds(ulong total, ulong least)
    {
        Assert.True(Quorum.IsReached(least, total));
        Assert.False(Quorum.IsReached(least - 1, total));
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(6, 3)]
    [InlineData(100, 34)]
    public void The_least_stake_with_an_honest_part_is_more_than_a_third(ulong total, ulong least)
    {
        Assert.True(Quorum.HasHonest(least, total));
        Assert.False(Quorum.HasHonest(least - 1, total));
    }

    [Fact]
    public void Two_quorums_have_more_than_a_third_in_common()
    {
        for (UInt128 total = 1; total <= 200; total++)
        {
            var least = ((2 * total) / 3) + 1;
            Assert.True(Quorum.IsReached(least, total) && Quorum.HasHonest((2 * least) - total, total));
        }
    }

    [Fact]
    public void Weights_count_and_heads_do_not()
    {
        var set = Sample.Set(10, 10, 10, 1, 1, 1, 1);

        Assert.True(set.IsQuorum(new SignerBits(0b0000111)));
        Assert.False(set.IsQuorum(new SignerBits(0b1111001)));
    }

    [Fact]
    public void The_largest_weights_do_not_overflow()
    {
        var set = ValidatorSet.Of(Enumerable.Range(0, ValidatorSet.Most).Select(static i => new Validator(Sample.Key(i), (UInt128.One << 96) - 1)));

        Assert.True(set.IsQuorum(new SignerBits((UInt128.One << 67) - 1)));
        Assert.False(set.IsQuorum(new SignerBits((UInt128.One << 66) - 1)));
    }
}
