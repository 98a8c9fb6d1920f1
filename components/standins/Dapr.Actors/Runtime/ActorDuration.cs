using System.Globalization;
using System.Text.RegularExpressions;

namespace Dapr.Actors.Runtime;

/// <summary>Durations as the sidecar writes them: <c>1h2m3s4ms</c>, hours unbounded; empty for never; ISO 8601 with repetitions.</summary>
internal static partial class ActorDuration
{
    private static readonly TimeSpan Never = TimeSpan.FromMilliseconds(-1);

    /// <summary>A negative duration is never, which is an empty string.</summary>
    internal static string Format(TimeSpan value) => value < TimeSpan.Zero
        ? string.Empty
        : string.Create(CultureInfo.InvariantCulture, $"{(value.Days * 24) + value.Hours}h{value.Minutes}m{value.Seconds}s{value.Milliseconds}ms");

    internal static string FormatPeriod(TimeSpan value, int? repetitions)
    {
        if (repetitions is null)
        {
            return Format(value);
        }
        if (value.Milliseconds > 0)
        {
            throw new ArgumentException("A period with repetitions cannot have milliseconds.", nameof(value));
        }
        var days = value.Days > 0 ? $"{value.Days}D" : string.Empty;
        var hours = value.Hours > 0 ? $"{value.Hours}H" : string.Empty;
        var minutes = value.Minutes > 0 ? $"{value.Minutes}M" : string.Empty;
        var seconds = value.Seconds > 0 ? $"{value.Seconds}S" : string.Empty;
        return $"R{repetitions}/P{days}T{hours}{minutes}{seconds}";
    }

    internal static TimeSpan Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Never;
        }
        if (text[0] is 'P' or 'R')
        {
            return ParseIso(text);
        }
        var plain = text.StartsWith("@every ", StringComparison.Ordinal) ? text["@every ".Length..] : text;
        var match = Go().Match(plain);
        if (!match.Success)
        {
            throw new FormatException($"'{text}' is not a duration such as 1h2m3s4ms or PT1M.");
        }
        return TimeSpan.FromHours(Number(match, "h")) + TimeSpan.FromMinutes(Number(match, "m"))
            + TimeSpan.FromSeconds(Number(match, "s")) + TimeSpan.FromMilliseconds(Number(match, "ms"))
            + TimeSpan.FromMicroseconds(Number(match, "us")) + TimeSpan.FromMicroseconds(Number(match, "ns") / 1000);
    }

    private static TimeSpan ParseIso(string text)
    {
        var match = Iso().Match(text);
        if (!match.Success)
        {
            throw new FormatException($"'{text}' is not an ISO 8601 duration such as R4/PT1M.");
        }
        var days = (Number(match, "year") * 365) + (Number(match, "month") * 30) + (Number(match, "week") * 7) + Number(match, "day");
        return TimeSpan.FromDays(days) + TimeSpan.FromHours(Number(match, "hour")) + TimeSpan.FromMinutes(Number(match, "minute")) + TimeSpan.FromSeconds(Number(match, "second"));
    }

    private static double Number(Match match, string group) =>
        match.Groups[group].Success ? double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex("^(?=.)((?<h>[0-9.]+)h)?((?<m>[0-9.]+)m(?!s))?((?<s>[0-9.]+)s)?((?<ms>[0-9.]+)ms)?((?<us>[0-9.]+)(us|µs))?((?<ns>[0-9.]+)ns)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Go();

    [GeneratedRegex("^(R(?<repetition>[0-9]+)/)?P(?=.)((?<year>[0-9]+)Y)?((?<month>[0-9]+)M)?((?<week>[0-9]+)W)?((?<day>[0-9]+)D)?(T((?<hour>[0-9]+)H)?((?<minute>[0-9]+)M)?((?<second>[0-9]+)S)?)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Iso();
}
