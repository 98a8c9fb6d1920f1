using System.Xml.Linq;

namespace Ncn.Tidy.Tests;

/// <summary>What the rules need of a project file.</summary>
internal sealed record ProjectFile(string Path, IReadOnlyList<string> References, IReadOnlyList<string> NcnPackages, IReadOnlyList<string> Packages, IReadOnlyList<string> VersionedPackages, bool IsPure)
{
    internal string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    internal string Folder => Path[..Path.LastIndexOf('/')];

    internal bool IsIn(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    internal bool IsStandIn => IsIn("components/standins");

    /// <summary>An app, as opposed to a library or a test.</summary>
    internal bool IsEdge => IsIn("functions") || IsIn("compute-worker") || IsIn("dapr");

    internal bool IsTest => IsIn("tests");

    internal static ProjectFile Parse(SourceFile file)
    {
        var document = XDocument.Parse(file.Read());
        var references = Includes(document, "ProjectReference").Select(include => Resolve(file.Folder, include));
        var versioned = document.Descendants("PackageReference").Where(item => item.Attribute("Version") is not null || item.Element("Version") is not null).Select(Include);
        return new ProjectFile(
            file.Path,
            [.. references],
            [.. Includes(document, "NcnPackage")],
            [.. Includes(document, "PackageReference")],
            [.. versioned],
            document.Descendants("NcnPure").Any(property => property.Value.Trim() == "true"));
    }

    internal static IReadOnlyList<ProjectFile> All { get; } = [.. Repository.Files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal)).Select(Parse)];

    private static IEnumerable<string> Includes(XDocument document, string item) => document.Descendants(item).Select(Include).Where(include => include.Length > 0);

    private static string Include(XElement item) => (string?)item.Attribute("Include") ?? "";

    /// <summary>From a path in a project file to one from the root.</summary>
    private static string Resolve(string folder, string include)
    {
        var parts = new List<string>(folder.Split('/', StringSplitOptions.RemoveEmptyEntries));
        var path = include.Replace('\\', '/').Replace("$(NcnRoot)", "/", StringComparison.Ordinal);
        if (path.StartsWith('/'))
        {
            parts.Clear();
        }
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }
        return string.Join('/', parts);
    }
}
