using System.Globalization;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Bindings;

/// <summary>Schedules of <c>bindings.cron</c>: five fields, six with seconds first, <c>@every 5s</c>, or <c>@hourly</c> and its like. Times are UTC.</summary>
internal sealed class CronSchedule
{
    private static readonly Dictionary<string, string> Shortcuts = new()
    {
        ["@yearly"] = "0 0 0 1 1 *",
        ["@annually"] = "0 0 0 1 1 *",
        ["@monthly"] = "0 0 0 1 * *",
        ["@weekly"] = "0 0 0 * * 0",
        ["@daily"] = "0 0 0 * * *",
        ["@midnight"] = "0 0 0 * * *",
        ["@hourly"] = "0 0 * * * *",
    };

    private readonly TimeSpan? every;
    private readonly bool[][] fields = [];
    private readonly bool anyDay;
    private readonly bool anyWeekday;

    private CronSchedule(TimeSpan every) => this.every = every;

    private CronSchedule(string[] parts)
    {
        fields = [Field(parts[0], 0, 59), Field(parts[1], 0, 59), Field(parts[2], 0, 23), Field(parts[3], 1, 31), Field(parts[4], 1, 12), Field(parts[5], 0, 7)];
        fields[5][0] |= fields[5][7];
        (anyDay, anyWeekday) = (parts[3] is "*" or "?", parts[5] is "*" or "?");
    }

    /// <summary>Throws <see cref="FormatException"/> for anything else than the forms above.</summary>
    public static CronSchedule Parse(string text)
    {
        if (text.StartsWith("@every ", StringComparison.Ordinal))
        {
            var every = Durations.Parse(text["@every ".Length..].Trim());
            return every > TimeSpan.Zero ? new CronSchedule(every) : throw new FormatException($"'{text}' does not move forward");
        }

        var parts = Shortcuts.GetValueOrDefault(text, text).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length switch
        {
            5 => new CronSchedule(["0", .. parts]),
            6 => new CronSchedule(parts),
            _ => throw new FormatException($"'{text}' is not a schedule of five or six fields, @every or @daily"),
        };
    }

    /// <summary>The first time after <paramref name="after"/>; null when there is none in the next five years.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        if (every is { } interval)
        {
            return after + interval;
        }

        var time = new DateTimeOffset(after.Year, after.Month, after.Day, after.Hour, after.Minute, after.Second, TimeSpan.Zero).AddSeconds(1);
        var end = after.AddYears(5);
        while (time < end)
        {
            if (!fields[4][time.Month] || !DayMatches(time))
            {
                time = new DateTimeOffset(time.Year, time.Month, time.Day, 0, 0, 0, TimeSpan.Zero).AddDays(1);
            }
            else if (!fields[2][time.Hour])
            {
                time = time.AddSeconds(-time.Second).AddMinutes(-time.Minute).AddHours(1);
            }
            else if (!fields[1][time.Minute])
            {
                time = time.AddSeconds(-time.Second).AddMinutes(1);
            }
            else if (!fields[0][time.Second])
            {
                time = time.AddSeconds(1);
            }
            else
            {
                return time;
            }
        }

        return null;
    }

    // As in cron, day of month and day of week are alternatives when both are given.
    private bool DayMatches(DateTimeOffset time)
    {
        var day = fields[3][time.Day];
        var weekday = fields[5][(int)time.DayOfWeek];
        return anyDay || anyWeekday ? day && weekday : day || weekday;
    }

    private static bool[] Field(string text, int first, int last)
    {
        var allowed = new bool[last + 1];
        foreach (var part in text.Split(','))
        {
            var pieces = part.Split('/');
            var step = pieces.Length == 2 ? Number(pieces[1], 1, last, text) : 1;
            var (from, to) = Range(pieces[0], first, last, pieces.Length == 2, text);
            for (var value = from; value <= to; value += step)
            {
                allowed[value] = true;
            }
        }

        return allowed;
    }

    private static (int From, int To) Range(string text, int first, int last, bool stepped, string field)
    {
        if (text is "*" or "?")
        {
            return (first, last);
        }

        var ends = text.Split('-');
        var from = Number(ends[0], first, last, field);
        return (from, ends.Length == 2 ? Number(ends[1], from, last, field) : stepped ? last : from);
    }

    private static int Number(string text, int first, int last, string field) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= first && value <= last
            ? value
            : throw new FormatException($"'{field}' is not a cron field from {first} to {last}");
}
