using System.Globalization;
using Ncn.LocalRuntime.Bindings;

namespace Ncn.LocalRuntime.Tests.Bindings;

public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("@every 5s", "2026-01-31T23:59:50Z", "2026-01-31T23:59:55Z")]
    [InlineData("*/15 * * * *", "2026-01-31T23:59:50Z", "2026-02-01T00:00:00Z")]
    [InlineData("30 * * * * *", "2026-01-31T23:59:30Z", "2026-02-01T00:00:30Z")]
    [InlineData("0 12 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T12:00:00Z")]
    [InlineData("0 9-17/4 * * 1-5", "2026-01-02T17:30:00Z", "2026-01-05T09:00:00Z")]
    [InlineData("@daily", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")]
    [InlineData("0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")]
    public void Next_is_the_first_time_that_fits(string schedule, string after, string expected) =>
        Assert.Equal(Time(expected), CronSchedule.Parse(schedule).Next(Time(after)));

    [Fact]
    public void A_date_that_never_comes_has_no_next() => Assert.Null(CronSchedule.Parse("0 0 31 2 *").Next(Time("2026-01-01T00:00:00Z")));

    [Theory]
    [InlineData("")]
    [InlineData("* * *")]
    [InlineData("61 * * * *")]
    [InlineData("*/0 * * * *")]
    [InlineData("@every -1s")]
    public void What_is_no_schedule_is_refused(string schedule) => Assert.Throws<FormatException>(() => CronSchedule.Parse(schedule));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
