using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>Durations as Dapr writes them: Go's (<c>1h2m3.5s</c>, <c>200ms</c>), ISO 8601 (<c>PT1M</c>), or a bare number of seconds.</summary>
internal static partial class Durations
{
    /// <summary>A hundred years.</summary>
    private const double LongestSeconds = 100.0 * 366 * 24 * 3600;

    public static TimeSpan Parse(string text) =>
        TryParse(text, out var value) ? value : throw new FormatException($"'{text}' is not a duration such as 5s, 1h30m or PT5S.");

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return TryFromSeconds(seconds, out value);
        }

        return text.StartsWith('P') ? TryParseIso(text, out value) : TryParseGo(text, out value);
    }

    private static bool TryParseIso(string text, out TimeSpan value)
    {
        try
        {
            var read = XmlConvert.ToTimeSpan(text.Replace("W", "D", StringComparison.Ordinal));
            return TryFromSeconds(read.TotalSeconds * (text.Contains('W', StringComparison.Ordinal) ? 7 : 1), out value);
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            value = TimeSpan.Zero;
            return false;
        }
    }

    private static bool TryParseGo(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        var match = GoDuration().Match(text.Trim());
        if (!match.Success)
        {
            return false;
        }

        var seconds = 0.0;
        for (var i = 0; i < match.Groups["n"].Captures.Count; i++)
        {
            var number = double.Parse(match.Groups["n"].Captures[i].ValueSpan, CultureInfo.InvariantCulture);
            seconds += number * SecondsPer(match.Groups["u"].Captures[i].Value);
        }

        return TryFromSeconds(match.Groups["minus"].Success ? -seconds : seconds, out value);
    }

    // Beyond this no sum with a present time overflows, and nothing sensible is meant.
    private static bool TryFromSeconds(double seconds, out TimeSpan value)
    {
        var isBounded = Math.Abs(seconds) <= LongestSeconds;
        value = isBounded ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
        return isBounded;
    }

    private static double SecondsPer(string unit) => unit switch
    {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        "ms" => 1e-3,
        "us" or "µs" => 1e-6,
        _ => 1e-9,
    };

    [GeneratedRegex(@"^(?<minus>-)?(?:(?<n>\d{1,12}(?:\.\d+)?)(?<u>ms|us|µs|ns|h|m|s)){1,6}$")]
    private static partial Regex GoDuration();
}
