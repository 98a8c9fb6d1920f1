namespace Ncn.Protocol.Tests.Fingerprints;

public sealed class FingerprintDistanceTests
{
    private static readonly int[] Tokens = FingerprintSetTests.Tokens(50);

    [Fact]
    public void The_same_opinions_are_at_distance_zero()
    {
        var distance = Between(FingerprintSetTests.Honest(Tokens), FingerprintSetTests.Honest(Tokens));
        Assert.Equal((FingerprintMatch.SameAnswer, 0, 0), (distance.Match, distance.Largest, distance.Sum));
        Assert.True(distance.IsWithin(0));
        Assert.True(Between(FingerprintSet.Empty, FingerprintSet.Empty).IsWithin(0));
    }

    [Fact]
    public void A_shift_of_every_logprob_is_its_size()
    {
        var distance = Between(FingerprintSetTests.Honest(Tokens), FingerprintSetTests.Honest(Tokens, shift: 0.25f));
        Assert.Equal(1024, distance.Largest);
        Assert.Equal(0.25, distance.MeanNats);
        Assert.Equal(1024L * distance.Compared, distance.Sum);
        Assert.False(distance.IsWithin(1023));
    }

    [Fact]
    public void Other_positions_and_other_tokens_are_not_compared()
    {
        int[] other = [.. Tokens];
        other[^1]++;
        Assert.Equal(FingerprintMatch.OtherTokens, Between(FingerprintSetTests.Honest(Tokens), FingerprintSetTests.Honest(other)).Match);
        Assert.Equal(FingerprintMatch.OtherPositions, Between(FingerprintSetTests.Honest(Tokens), FingerprintSetTests.Honest(Tokens[..49])).Match);
        Assert.False(Between(FingerprintSetTests.Honest(Tokens), FingerprintSet.Empty).IsWithin(long.MaxValue));
    }

    [Fact]
    public void A_near_tie_for_the_last_place_makes_no_difference()
    {
        (int, float)[] shared = [(1, -0.5f), (2, -1), (3, -2), (4, -3), (5, -4), (6, -5), (7, -6)];
        FingerprintSet one = Set([.. shared, (8, -7)]);
        FingerprintSet other = Set([.. shared, (9, -7)]);
        Assert.Equal(0, Between(one, other).Largest);

        // A token that one finds likely and the other not among its eight is as far away as can be told.
        FingerprintSet far = Set([(99, -0.25f), .. shared]);
        Assert.Equal((long)(6.75 * Fingerprint.StepsPerNat), Between(far, one).Largest);
        Assert.Equal(Between(far, one), Between(one, far));
    }

    private static FingerprintSet Set((int, float)[] top) => FingerprintSet.Of([Fingerprint.Of(0, 1, top)]);

    private static FingerprintDistance Between(FingerprintSet stated, FingerprintSet found) => FingerprintDistance.Between(stated, found);
}
