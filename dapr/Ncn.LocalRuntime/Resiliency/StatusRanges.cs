using System.Globalization;

namespace Ncn.LocalRuntime.Resiliency;

/// <summary>The value of <c>matching.httpStatusCodes</c>: statuses and ranges such as <c>429,500-504</c>.</summary>
internal sealed class StatusRanges
{
    private readonly List<(int First, int Last)> ranges;

    private StatusRanges(List<(int First, int Last)> ranges) => this.ranges = ranges;

    public static StatusRanges? Parse(string? text) =>
        string.IsNullOrWhiteSpace(text) ? null : new StatusRanges([.. text.Split(',', StringSplitOptions.TrimEntries).Select(ParseRange)]);

    public bool Contains(int status) => ranges.Exists(range => status >= range.First && status <= range.Last);

    private static (int First, int Last) ParseRange(string text)
    {
        var ends = text.Split('-', 2);
        return int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first <= last
            ? (first, last)
            : throw new Configuration.ConfigurationException($"httpStatusCodes: '{text}' is neither a status nor a range such as 500-504.");
    }
}
