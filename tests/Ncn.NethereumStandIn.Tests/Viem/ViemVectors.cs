using System.Diagnostics;
using System.Text.Json;

namespace Ncn.NethereumStandIn.Tests.Viem;

/// <summary>Runs vectors.mjs once and keeps its answer.</summary>
public sealed class ViemVectors
{
    private readonly JsonElement _answer = Node.Run(Path.Combine("tests", "Ncn.NethereumStandIn.Tests", "Viem", "vectors.mjs"));

    public string this[string name] => _answer.GetProperty(name).GetString()!;

    public string RawTransaction(int index) => _answer.GetProperty("rawTransactions")[index].GetString()!;
}

internal static class Node
{
    /// <summary>The repository's root: where the solution file is.</summary>
    internal static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    internal static JsonElement Run(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Root, script)]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return JsonSerializer.Deserialize<JsonElement>(output);
    }

    private static string FindRoot(DirectoryInfo? folder) =>
        folder is null ? throw new InvalidOperationException("Ncn.sln is in no folder above the tests.")
        : File.Exists(Path.Combine(folder.FullName, "Ncn.sln")) ? folder.FullName
        : FindRoot(folder.Parent);
}
