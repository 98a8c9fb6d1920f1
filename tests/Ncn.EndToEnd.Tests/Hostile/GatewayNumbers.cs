using System.Globalization;
using Ncn.EndToEnd.Tests.Harness;

namespace Ncn.EndToEnd.Tests.Hostile;

/// <summary>What a gateway says of itself at /metrics.</summary>
internal static class GatewayNumbers
{
    /// <summary>The sum of all series of a name; 0 for one that is not there yet.</summary>
    public static async Task<double> SumAsync(Uri gateway, string name, string label = "") =>
        (await ReadAsync(gateway)).Split('\n')
            .Where(line => (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal)) && line.Contains(label, StringComparison.Ordinal))
            .Sum(static line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), NumberStyles.Float, CultureInfo.InvariantCulture));

    public static async Task<string> ReadAsync(Uri gateway) => (await Web.GetAsync(new Uri(gateway, "metrics"))).IsOk().Body;

    /// <summary>Memory of the process, bytes.</summary>
    public static Task<double> MemoryAsync(Uri gateway) => SumAsync(gateway, "dotnet_process_memory_working_set_bytes");
}
