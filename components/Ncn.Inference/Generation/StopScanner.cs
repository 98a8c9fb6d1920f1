namespace Ncn.Inference.Generation;

/// <summary>
/// Watches streamed text for stop strings. Text that could be the beginning of one is held back until it is clear, so a
/// stop string is never shown, not even in part. Pure.
/// </summary>
/// <param name="stops">The stop strings; empty ones are not allowed.</param>
public sealed class StopScanner(IReadOnlyList<string> stops)
{
    private string _held = "";

    /// <summary>True once a stop string was seen; nothing comes out after that.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Adds text and returns what can be shown: all before the earliest stop string, or all that cannot begin one.</summary>
    public string Push(string text)
    {
        if (Stopped)
        {
            return "";
        }

        string all = _held + text;
        int stopAt = EarliestStop(all);
        Stopped = stopAt >= 0;
        int shown = Stopped ? stopAt : all.Length - HeldLength(all);
        _held = Stopped ? "" : all[shown..];
        return all[..shown];
    }

    /// <summary>At the end of the generation: the text that was held back and turned out to be no stop string.</summary>
    public string Flush()
    {
        string rest = _held;
        _held = "";
        return rest;
    }

    private int EarliestStop(string text)
    {
        int earliest = -1;
        foreach (string stop in stops)
        {
            int at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (earliest < 0 || at < earliest))
            {
                earliest = at;
            }
        }

        return earliest;
    }

    private int HeldLength(string text)
    {
        int longest = 0;
        foreach (string stop in stops)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
