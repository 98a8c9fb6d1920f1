using System.Globalization;

namespace Ncn.Soak.Memory;

/// <summary>The worker's memory at one moment.</summary>
/// <param name="Seconds">Since the process began.</param>
/// <param name="WorkingSetMib">Memory that the process occupies.</param>
/// <param name="HeapMib">What live managed objects have after a full collection.</param>
/// <param name="CommittedMib">What the collector holds for them; the rest of the working set is native.</param>
internal sealed record MemorySample(double Seconds, double WorkingSetMib, double HeapMib, double CommittedMib)
{
    private const double Mib = 1 << 20;

    /// <summary>All samples of a file that the startup hook writes; a line that is being written is left out.</summary>
    public static IReadOnlyList<MemorySample> Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        string text = reader.ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    private static MemorySample Parse(string line)
    {
        double[] figures = [.. line.Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
        return new MemorySample(figures[0], figures[1] / Mib, figures[2] / Mib, figures[3] / Mib);
    }
}
