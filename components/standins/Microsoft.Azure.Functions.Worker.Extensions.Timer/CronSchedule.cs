namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>An NCRONTAB expression: {second} {minute} {hour} {day} {month} {day of week}, days ANDed as NCrontab does.</summary>
internal sealed class CronSchedule : TimerSchedule
{
    private const int HorizonDays = 366 * 8;

    private readonly CronField second;
    private readonly CronField minute;
    private readonly CronField hour;
    private readonly CronField day;
    private readonly CronField month;
    private readonly CronField dayOfWeek;

    private CronSchedule(string[] fields)
    {
        second = CronField.Parse(fields[0], CronField.Second);
        minute = CronField.Parse(fields[1], CronField.Minute);
        hour = CronField.Parse(fields[2], CronField.Hour);
        day = CronField.Parse(fields[3], CronField.Day);
        month = CronField.Parse(fields[4], CronField.Month);
        dayOfWeek = CronField.Parse(fields[5], CronField.DayOfWeek);
    }

    public static CronSchedule ParseExpression(string text)
    {
        var fields = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length switch
        {
            6 => new CronSchedule(fields),
            5 => new CronSchedule(["0", .. fields]),
            _ => throw new FormatException($"The schedule '{text}' has {fields.Length} fields; it needs six (seconds first) or five."),
        };
    }

    public override DateTime? NextAfter(DateTime moment)
    {
        var first = new DateTime(moment.Ticks - (moment.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc).AddSeconds(1);
        if (FirstTimeOn(first.Date, first.TimeOfDay) is { } today)
        {
            return today;
        }

        for (var days = 1; days <= HorizonDays; days++)
        {
            if (FirstTimeOn(first.Date.AddDays(days), TimeSpan.Zero) is { } later)
            {
                return later;
            }
        }

        return null;
    }

    private DateTime? FirstTimeOn(DateTime date, TimeSpan earliest)
    {
        if (!month.Contains(date.Month) || !day.Contains(date.Day) || !dayOfWeek.Contains((int)date.DayOfWeek))
        {
            return null;
        }

        for (var h = hour.AtOrAfter(earliest.Hours); h is not null; h = hour.AtOrAfter(h.Value + 1))
        {
            var sameHour = h == earliest.Hours;
            for (var m = minute.AtOrAfter(sameHour ? earliest.Minutes : 0); m is not null; m = minute.AtOrAfter(m.Value + 1))
            {
                var s = second.AtOrAfter(sameHour && m == earliest.Minutes ? earliest.Seconds : 0);
                if (s is not null)
                {
                    return date + new TimeSpan(h.Value, m.Value, s.Value);
                }
            }
        }

        return null;
    }
}
