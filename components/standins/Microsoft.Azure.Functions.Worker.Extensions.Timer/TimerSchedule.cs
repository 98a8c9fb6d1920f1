using System.Globalization;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>When a timer is due, in UTC: an NCRONTAB expression of six fields (seconds first) or five, or a time span such as 00:00:05.</summary>
internal abstract class TimerSchedule
{
    /// <summary>The first due time after a moment; null when there is none in the next eight years.</summary>
    public abstract DateTime? NextAfter(DateTime moment);

    /// <exception cref="FormatException">The text is neither.</exception>
    public static TimerSchedule Parse(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval))
        {
            return interval > TimeSpan.Zero ? new ConstantSchedule(interval) : throw new FormatException($"The interval '{text}' is not positive.");
        }

        return CronSchedule.ParseExpression(text);
    }

    private sealed class ConstantSchedule(TimeSpan interval) : TimerSchedule
    {
        public override DateTime? NextAfter(DateTime moment) => moment + interval;
    }
}
