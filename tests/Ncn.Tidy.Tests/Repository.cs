using System.Diagnostics;

namespace Ncn.Tidy.Tests;

/// <summary>A tracked file: its path from the root, with forward slashes, and its text on demand.</summary>
internal sealed record SourceFile(string Path, Func<string> Read)
{
    internal string Name => Path[(Path.LastIndexOf('/') + 1)..];

    internal string Folder => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : "";

    internal bool IsStandIn => Path.StartsWith("components/standins/", StringComparison.Ordinal);

    internal static SourceFile Of(string path, string text) => new(path, () => text);
}

/// <summary>The files that git tracks.</summary>
internal static class Repository
{
    private static readonly string[] TextEndings = [".cs", ".csproj", ".props", ".targets", ".md", ".json", ".yaml", ".yml", ".mjs", ".js", ".py", ".sh", ".sol", ".toml", ".proto", ".bicep", ".txt", "/ncn", "/run", "Dockerfile"];

    internal static string Root { get; } = FindRoot();

    internal static IReadOnlyList<SourceFile> Files { get; } = [.. TrackedPaths().Where(path => File.Exists(Absolute(path))).Select(path => new SourceFile(path, () => File.ReadAllText(Absolute(path))))];

    internal static IReadOnlyList<SourceFile> TextFiles { get; } = [.. Files.Where(file => TextEndings.Any(ending => ("/" + file.Path).EndsWith(ending, StringComparison.Ordinal)) && file.Name != "package-lock.json")];

    internal static IReadOnlyList<SourceFile> CodeFiles { get; } = [.. Files.Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal) || file.Path.EndsWith(".sol", StringComparison.Ordinal))];

    internal static SourceFile Get(string path) => Files.Single(file => file.Path == path);

    internal static void MustHold(IEnumerable<string> violations)
    {
        var found = violations.Order(StringComparer.Ordinal).ToArray();
        Assert.True(found.Length == 0, $"{found.Length} violations:\n{string.Join('\n', found)}");
    }

    private static string Absolute(string path) => Path.Combine(Root, path);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Ncn.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository: no Ncn.sln above them.");
        }
        return folder.FullName;
    }

    private static string[] TrackedPaths()
    {
        var start = new ProcessStartInfo("git", ["ls-files", "-z"]) { WorkingDirectory = Root, RedirectStandardOutput = true };
        using var git = Process.Start(start) ?? throw new InvalidOperationException("git could not be started.");
        var paths = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        return git.ExitCode == 0 ? paths : throw new InvalidOperationException($"git ls-files ended with {git.ExitCode}; the rules need the repository's own git folder.");
    }
}
