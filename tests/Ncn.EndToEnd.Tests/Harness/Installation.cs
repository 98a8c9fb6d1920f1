namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>The repository that the tests were built from, and the programs built with them.</summary>
internal static class Installation
{
    public static string Root { get; } = Environment.GetEnvironmentVariable("NCN_ROOT") is { Length: > 0 } given
        ? Path.GetFullPath(given)
        : FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>The command line, in the same configuration as these tests.</summary>
    public static string CommandLine => Program("Ncn.Cli");

    /// <summary>The held-out images of the model digits: NUMBER-TRUTH.png.</summary>
    public static IReadOnlyList<string> DigitSamples { get; } =
        [.. Directory.GetFiles(Path.Combine(Root, "compute-worker", "models", "digits", "1", "samples"), "*.png").Order(StringComparer.Ordinal)];

    /// <summary>Another program, in the same configuration.</summary>
    public static string Program(string project) =>
        Path.Combine(Root, "artifacts", "bin", project, Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)), project + ".dll");

    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "scripts", name);

    private static string FindRoot(DirectoryInfo? folder) =>
        folder is null ? throw new InvalidOperationException("Ncn.sln is in no folder above the tests.")
        : File.Exists(Path.Combine(folder.FullName, "Ncn.sln")) ? folder.FullName
        : FindRoot(folder.Parent);
}
