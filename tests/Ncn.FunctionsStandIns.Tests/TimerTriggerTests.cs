using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OneProcess;
using Microsoft.Extensions.DependencyInjection;

namespace Ncn.FunctionsStandIns.Tests;

public sealed class TimerTriggerTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 2, TimeSpan.Zero);

    [Fact]
    public async Task A_timer_runs_at_start_and_then_when_due()
    {
        var time = new SteppedTime(Start);
        await using var app = await RunningApp.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));
        var log = app.Host.Services.GetRequiredService<TimerLog>();

        var atStart = await log.Started.Reader.ReadAsync();
        Assert.False(atStart.IsPastDue);
        Assert.Equal(Start.UtcDateTime.AddSeconds(3), atStart.ScheduleStatus!.Next);

        log.MayFinish.Release();
        Assert.Equal(TimeSpan.FromSeconds(3), await time.NextWaitAsync());
        time.Advance(TimeSpan.FromSeconds(3));
        var first = await log.Started.Reader.ReadAsync();
        Assert.False(first.IsPastDue);
        Assert.Equal(Start.UtcDateTime, first.ScheduleStatus!.Last);
        Assert.Equal(Start.UtcDateTime.AddSeconds(8), first.ScheduleStatus.Next);
    }

    [Fact]
    public async Task A_timer_never_overlaps_itself_and_makes_up_once_for_missed_times()
    {
        var time = new SteppedTime(Start);
        await using var app = await RunningApp.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));
        var log = app.Host.Services.GetRequiredService<TimerLog>();
        await log.Started.Reader.ReadAsync();
        log.MayFinish.Release();
        await time.NextWaitAsync();
        time.Advance(TimeSpan.FromSeconds(3));
        await log.Started.Reader.ReadAsync();

        time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(0, log.Started.Reader.Count);
        log.MayFinish.Release();
        Assert.True((await log.Started.Reader.ReadAsync()).IsPastDue);

        log.MayFinish.Release();
        Assert.Equal(TimeSpan.FromSeconds(4), await time.NextWaitAsync());
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False((await log.Started.Reader.ReadAsync()).IsPastDue);
    }

    [Theory]
    [InlineData("*/5 * * * * *", "2026-01-01T00:00:05", "2026-01-01T00:00:10")]
    [InlineData("0 */5 * * * *", "2026-01-01T00:00:00", "2026-01-01T00:05:00")]
    [InlineData("*/5 * * * *", "2026-01-01T00:04:59", "2026-01-01T00:05:00")]
    [InlineData("30 0 9-17/4 * * mon-fri", "2026-01-02T17:00:30", "2026-01-05T09:00:30")]
    [InlineData("0 30 23 31 * *", "2026-01-31T23:30:00", "2026-03-31T23:30:00")]
    [InlineData("0 0 0 29 feb *", "2026-01-01T00:00:00", "2028-02-29T00:00:00")]
    [InlineData("59 59 23 31 12 *", "2026-12-31T23:59:59", "2027-12-31T23:59:59")]
    [InlineData("15,45 10 1 1 1 *", "2026-01-01T01:10:15", "2026-01-01T01:10:45")]
    [InlineData("10/20 * * * * *", "2026-01-01T00:00:10", "2026-01-01T00:00:30")]
    [InlineData("00:00:07", "2026-01-01T00:00:01", "2026-01-01T00:00:08")]
    public void Schedules_name_the_next_due_time(string schedule, string after, string expected) =>
        Assert.Equal(Utc(expected), TimerSchedule.Parse(schedule).NextAfter(Utc(after)));

    [Fact]
    public void A_day_that_never_comes_has_no_next_time() =>
        Assert.Null(TimerSchedule.Parse("0 0 0 30 2 *").NextAfter(Utc("2026-01-01T00:00:00")));

    [Theory]
    [InlineData("")]
    [InlineData("* * * *")]
    [InlineData("60 * * * * *")]
    [InlineData("*/0 * * * * *")]
    [InlineData("5-1 * * * * *")]
    [InlineData("* * * 0 * *")]
    [InlineData("1-2-3 * * * * *")]
    [InlineData("-00:00:01")]
    public void Wrong_schedules_are_refused(string schedule) =>
        Assert.Throws<FormatException>(() => TimerSchedule.Parse(schedule));

    [Fact]
    public void A_missing_setting_stops_the_start_and_is_named()
    {
        var builder = RunningApp.Builder();
        builder.ConfigureFunctionsWebApplication();
        builder.Configuration["EveryFiveSeconds"] = null;
        var error = Assert.Throws<InvalidOperationException>(builder.Build);
        Assert.Contains("'Tick' needs the setting 'EveryFiveSeconds'", error.Message, StringComparison.Ordinal);
    }

    private static DateTime Utc(string text) => DateTime.SpecifyKind(DateTime.Parse(text, System.Globalization.CultureInfo.InvariantCulture), DateTimeKind.Utc);
}
