using System.Collections.Immutable;
using Ncn.Verification.Tests.Fold;

namespace Ncn.Verification.Tests.Sampling;

public sealed class SamplingTests
{
    private static readonly VerificationRules Rules = new();

    [Theory]
    [InlineData(0, 1_000_000)]
    [InlineData(16, 750_000)]
    [InlineData(32, 500_000)]
    [InlineData(64, 250_000)]
    [InlineData(192, 15_625)]
    [InlineData(224, 10_000)]
    [InlineData(ulong.MaxValue, 10_000)]
    public void The_rate_falls_from_all_to_the_floor_and_no_further(ulong passes, uint rate) => Assert.Equal(rate, SamplingRate.Of(passes, Rules));

    [Fact]
    public void The_rate_never_rises_with_a_better_record_and_is_never_zero()
    {
        var rules = Rules with { FloorPpm = 1 };
        var rates = Enumerable.Range(0, 2_000).Select(passes => SamplingRate.Of((ulong)passes, rules)).ToArray();

        Assert.All(rates, static rate => Assert.InRange(rate, 1u, VerificationRules.One));
        Assert.All(rates.Zip(rates.Skip(1)), static pair => Assert.True(pair.Second <= pair.First));
    }

    [Fact]
    public void Rules_without_checks_are_refused() =>
        Assert.Throws<ArgumentException>(static () => VerificationState.Create(Town.Place, new VerificationRules { FloorPpm = 0 }));

    [Fact]
    public void As_many_receipts_are_checked_as_the_rate_says()
    {
        foreach (var rate in new uint[] { 10_000, 250_000, 1_000_000 })
        {
            var drawn = Enumerable.Range(0, 20_000).Count(index => Sample.IsIn(Sample.Lot(Town.Word(1), Town.Gateway, 5, (uint)index), rate));
            var (mean, deviation) = (0.02 * rate, Math.Sqrt(0.02 * rate * (1 - (rate / 1e6))));
            Assert.InRange(drawn, mean - (5 * deviation), mean + (5 * deviation));
        }
    }

    [Fact]
    public void Nobody_is_in_at_a_rate_of_zero_and_everybody_at_one()
    {
        Assert.False(Sample.IsIn(0, 0));
        Assert.True(Sample.IsIn(ulong.MaxValue, VerificationRules.One));
        Assert.True(Sample.IsIn(0, 1));
    }

    [Fact]
    public void The_sample_depends_on_all_that_it_is_drawn_from()
    {
        var lots = new[]
        {
            Sample.Lot(Town.Word(1), Town.Gateway, 5, 6), Sample.Lot(Town.Word(2), Town.Gateway, 5, 6), Sample.Lot(Town.Word(1), Town.Node, 5, 6),
            Sample.Lot(Town.Word(1), Town.Gateway, 6, 6), Sample.Lot(Town.Word(1), Town.Gateway, 5, 7),
        };
        Assert.Equal(lots.Length, lots.Distinct().Count());
    }

    [Fact]
    public void Checkers_are_different_and_drawn_by_stake()
    {
        ImmutableArray<Checker> members = [.. new ulong[] { 1, 2, 3, 4 }.Select(static (weight, i) => new Checker(Town.Key(i), Town.Key(i), weight))];
        var first = new int[4];
        for (ulong subject = 0; subject < 10_000; subject++)
        {
            var drawn = Assignment.Draw(Town.Word(subject), members, 2);
            Assert.Equal(2, drawn.Distinct().Count());
            first[members.Select(static member => member.Key).ToList().IndexOf(drawn[0])]++;
        }

        Assert.All(first.Select(static (count, i) => (count, i)), static entry => Assert.InRange(entry.count, (1_000 * (entry.i + 1)) - 250, (1_000 * (entry.i + 1)) + 250));
        Assert.Equal(4, Assignment.Draw(Town.Word(1), members, 16).Length);
    }

    [Fact]
    public void A_beacon_needs_reveals_of_more_than_a_third_of_the_stake()
    {
        ImmutableArray<Checker> members = [.. Enumerable.Range(0, 3).Select(static i => new Checker(Town.Key(i), Town.Key(i), 10))];
        var beacon = Beacon.After(4).With(Town.Key(0), Town.Word(1));

        Assert.False(beacon.IsStrong(members));
        Assert.False(beacon.With(Town.Key(0), Town.Word(9)).IsStrong(members));
        Assert.Same(beacon, beacon.With(Town.Key(1), default));
        Assert.True(beacon.With(Town.Key(1), Town.Word(2)).IsStrong(members));
        Assert.NotEqual(beacon.Value, beacon.With(Town.Key(1), Town.Word(2)).Value);
    }

    [Fact]
    public void Canaries_come_at_the_stated_rate_among_decoys_and_only_the_secret_tells_when()
    {
        var (secret, all) = (Town.Word(77), new List<Canary>());
        for (ulong period = 0; period < 4_000; period++)
        {
            all.AddRange(CanarySchedule.Of(secret, period, 500_000, 60_000, 12, 3));
        }

        var sent = all.FindAll(static canary => !canary.IsDecoy);
        Assert.InRange(sent.Count, 1_800, 2_200);
        Assert.InRange(all.Count, 7_700, 8_300);
        Assert.True(CanarySchedule.Of(secret, 1, 2_000_000, 60_000, 12, 3).SequenceEqual(CanarySchedule.Of(secret, 1, 2_000_000, 60_000, 12, 3)));
        Assert.Equal(CanarySchedule.Most, CanarySchedule.Of(secret, 1, 2_000_000, 60_000, 12, 3).Length);
        Assert.Equal(all.Count, all.Select(static canary => canary.Salt).Distinct().Count());
        Assert.All(all, static canary => Assert.True(canary.OffsetMs < 30_000 && canary.CommitMs is >= 36_000 and < 48_000 && canary.Shape < 12 && canary.Purse < 3));
        Assert.Equal(12, sent.Select(static canary => canary.Shape).Distinct().Count());
        Assert.False(CanarySchedule.Of(secret, 1, 2_000_000, 60_000, 12, 3).SequenceEqual(CanarySchedule.Of(Town.Word(78), 1, 2_000_000, 60_000, 12, 3)));
    }

    [Fact]
    public void What_tells_when_does_not_change_with_what_is_learned_and_spent_meanwhile()
    {
        var (before, after) = (CanarySchedule.Of(Town.Word(77), 9, 2_000_000, 2_000, 12, 3), CanarySchedule.Of(Town.Word(77), 9, 2_000_000, 2_000, 40, 1));
        Assert.Equal(before.Select(static canary => (canary.OffsetMs, canary.CommitMs, canary.IsDecoy, canary.Salt)), after.Select(static canary => (canary.OffsetMs, canary.CommitMs, canary.IsDecoy, canary.Salt)));
    }

    [Fact]
    public void Canaries_are_a_share_of_the_traffic_and_end_with_it()
    {
        var town = new Town();
        Assert.Equal(0u, CanarySchedule.MeanPpm(town.State, 50_000));
        town.Commit([.. Enumerable.Range(0, 32).Select(_ => town.Receipt())]);
        var mean = CanarySchedule.MeanPpm(town.State, 50_000);
        Assert.Equal(32u * 50_000 / CanarySchedule.TrafficPeriods / (uint)town.Members.Length, mean);
        Assert.Equal((uint)(16 * 1_000_000 / 65 / 4), CanarySchedule.MeanPpm(town.State, 1_000_000));
        var later = town.State with { Period = town.State.Period + CanarySchedule.TrafficPeriods + 1 };
        Assert.Equal(0u, CanarySchedule.MeanPpm(later, 1_000_000));
    }
}
