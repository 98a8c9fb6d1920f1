using System.Reflection;
using System.Runtime.Loader;
using System.Xml.Linq;

namespace Ncn.StandIns.Tests.Surface;

/// <summary>The stand-ins, found by their folders in components/standins.</summary>
internal static class StandInFolders
{
    /// <summary>ONNX Runtime is built from its authors' own sources: there is nothing to compare.</summary>
    private const string OriginalSources = "Microsoft.ML.";

    internal static IReadOnlyList<string> Names()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Ncn.sln")))
        {
            root = root.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository: no Ncn.sln above them.");
        }
        return [.. new DirectoryInfo(Path.Combine(root.FullName, "components", "standins")).GetDirectories()
            .Where(folder => !folder.Name.StartsWith(OriginalSources, StringComparison.Ordinal) && folder.EnumerateFiles("*.csproj").Any())
            .Select(folder => folder.FullName)
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Loads the assembly beside the tests; it is there because the test project references every stand-in.</summary>
    internal static Assembly Load(string folder)
    {
        var project = Directory.GetFiles(folder, "*.csproj").Single();
        var name = XDocument.Load(project).Descendants("AssemblyName").FirstOrDefault()?.Value ?? Path.GetFileNameWithoutExtension(project);
        return AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
    }
}
