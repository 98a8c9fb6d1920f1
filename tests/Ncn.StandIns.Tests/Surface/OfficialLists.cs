using System.Collections.Frozen;

namespace Ncn.StandIns.Tests.Surface;

/// <summary>The official lists that a stand-in is held to. A stand-in may pool what officially are several assemblies of one package.</summary>
internal static class OfficialLists
{
    private static readonly Dictionary<string, string[]> Pools = new(StringComparer.Ordinal)
    {
        ["Dapr.Client"] = ["Dapr.Client", "Dapr.Common"],
        ["Grpc.AspNetCore"] = ["Grpc.AspNetCore.Server"],
        ["Microsoft.Azure.Functions.Worker"] = ["Microsoft.Azure.Functions.Worker", "Microsoft.Azure.Functions.Worker.Core", "Microsoft.Azure.Functions.Worker.Extensions.Abstractions"],
        ["Microsoft.Azure.Functions.Worker.Extensions.Http.AspNetCore"] = ["Microsoft.Azure.Functions.Worker.Extensions.Http.AspNetCore", "Microsoft.Azure.Functions.Worker.Extensions.Http"],
        ["Nethereum.Web3"] = ["Nethereum.*"],
    };

    /// <summary>Every line of the lists that hold for the stand-in in this folder.</summary>
    internal static FrozenSet<string> For(string standIn)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "official-api");
        var files = Pools.GetValueOrDefault(standIn, [standIn]).SelectMany(pattern => Directory.GetFiles(folder, pattern + ".txt"));
        return files.SelectMany(File.ReadLines).ToFrozenSet(StringComparer.Ordinal);
    }

    internal static IReadOnlyList<string> Unofficial(IEnumerable<string> surface, FrozenSet<string> official) =>
        [.. surface.Where(line => !official.Contains(line)).Order(StringComparer.Ordinal)];
}
