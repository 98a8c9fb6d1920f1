namespace Ncn.Cli.Network;

/// <summary>Where the repository and the built programs are.</summary>
internal static class Installation
{
    private static readonly Lazy<string> FoundRoot = new(FindRoot);

    /// <summary>The repository's root.</summary>
    public static string Root => FoundRoot.Value;

    /// <summary>The assembly of another project, built in the same configuration as this program.</summary>
    public static string Program(string project)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var path = Path.Combine(Root, "artifacts", "bin", project, configuration, project + ".dll");
        return File.Exists(path) ? path : throw new CliException($"{path} is not there. Build first: ./ncn does it, or run `dotnet build Ncn.sln`.");
    }

    private static string FindRoot()
    {
        if (Environment.GetEnvironmentVariable("NCN_ROOT") is { Length: > 0 } given)
        {
            return Path.GetFullPath(given);
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Ncn.sln")))
            {
                return folder.FullName;
            }
        }

        throw new CliException("The repository was not found above this program; set NCN_ROOT to the folder of Ncn.sln.");
    }
}
