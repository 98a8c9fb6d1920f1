using System.Globalization;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>The values that one field of a cron expression allows, as a bit per value (all fields have values below 64).</summary>
internal readonly struct CronField
{
    public static readonly Range Second = new("second", 0, 59, []);
    public static readonly Range Minute = new("minute", 0, 59, []);
    public static readonly Range Hour = new("hour", 0, 23, []);
    public static readonly Range Day = new("day", 1, 31, []);
    public static readonly Range Month = new("month", 1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]);
    public static readonly Range DayOfWeek = new("day of week", 0, 6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]);

    private readonly ulong allowed;

    private CronField(ulong allowed) => this.allowed = allowed;

    public bool Contains(int value) => (allowed & (1UL << value)) != 0;

    /// <summary>The smallest allowed value that is not below a given one.</summary>
    public int? AtOrAfter(int value)
    {
        var rest = value > 63 ? 0 : allowed & (ulong.MaxValue << value);
        return rest == 0 ? null : System.Numerics.BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>Reads a comma list of <c>*</c>, <c>a</c> or <c>a-b</c>, each with an optional <c>/step</c>.</summary>
    public static CronField Parse(string text, Range range)
    {
        var allowed = 0UL;
        foreach (var part in text.Split(','))
        {
            allowed |= ParsePart(part, range);
        }

        return new CronField(allowed);
    }

    private static ulong ParsePart(string part, Range range)
    {
        var slash = part.Split('/');
        var (from, to) = Bounds(slash[0], range, openEnded: slash.Length == 2);
        var step = slash.Length switch
        {
            1 => 1,
            2 when int.TryParse(slash[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 => number,
            _ => throw range.Invalid(part),
        };
        var allowed = 0UL;
        for (var value = from; value <= to; value += step)
        {
            allowed |= 1UL << value;
        }

        return allowed;
    }

    private static (int From, int To) Bounds(string text, Range range, bool openEnded)
    {
        if (text == "*")
        {
            return (range.First, range.Last);
        }

        var ends = text.Split('-');
        var from = range.Value(ends[0]);
        var to = ends.Length switch { 1 => openEnded ? range.Last : from, 2 => range.Value(ends[1]), _ => -1 };
        return from <= to ? (from, to) : throw range.Invalid(text);
    }

    public sealed record Range(string Name, int First, int Last, string[] Words)
    {
        public int Value(string text)
        {
            var word = Array.FindIndex(Words, candidate => candidate.Equals(text, StringComparison.OrdinalIgnoreCase));
            if (word >= 0)
            {
                return First + word;
            }

            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= First && number <= Last
                ? number
                : throw Invalid(text);
        }

        public FormatException Invalid(string text) => new($"'{text}' is not a valid {Name} ({First} to {Last}) in a timer schedule.");
    }
}
