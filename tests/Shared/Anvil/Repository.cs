using System.Diagnostics;

namespace Ncn.Tests.Anvil;

/// <summary>The repository that the tests were built from, and its Node scripts.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution file.</summary>
    internal static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>Runs a script with Node and returns what it printed; fails the test when the script fails.</summary>
    internal static string RunNode(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Root, script)]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private static string FindRoot(DirectoryInfo? folder) =>
        folder is null ? throw new InvalidOperationException("Ncn.sln is in no folder above the tests.")
        : File.Exists(Path.Combine(folder.FullName, "Ncn.sln")) ? folder.FullName
        : FindRoot(folder.Parent);
}
