using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Ncn.Tidy.Tests;

/// <summary>One solution, one place for versions, locked packages, banned symbols with reasons.</summary>
public sealed partial class BuildTests
{
    [Fact]
    public void The_solution_has_every_project_and_no_other() =>
        Repository.MustHold(SolutionDifferences(Repository.Get("Ncn.sln").Read(), ProjectFile.All.Select(project => project.Path)));

    [Fact]
    public void Versions_are_central() => Repository.MustHold(ProjectFile.All.SelectMany(project => StrayVersions(project, CentralPackages(Repository.Get("Directory.Packages.props").Read()))));

    [Fact]
    public void Every_project_has_a_lock_file() => Repository.MustHold(MissingLocks(Repository.Files.Select(file => file.Path), ProjectFile.All));

    [Fact]
    public void Every_banned_symbol_has_a_reason() => Repository.MustHold(Repository.Files.Where(file => file.Name == "BannedSymbols.txt").SelectMany(MissingReasons));

    [Fact]
    public void A_project_outside_the_solution_and_an_entry_without_project_are_reported() => Assert.Equal(
        ["b/b.csproj is not in Ncn.sln. Add it: dotnet sln Ncn.sln add --in-root b/b.csproj", "Ncn.sln names c/c.csproj, which is not there. Remove it: dotnet sln Ncn.sln remove c/c.csproj"],
        SolutionDifferences("""
            Project("{FAE0}") = "a", "a\a.csproj", "{1}"
            Project("{FAE0}") = "c", "c\c.csproj", "{2}"
            """, ["a/a.csproj", "b/b.csproj"]));

    [Fact]
    public void A_version_in_a_project_and_a_package_without_a_version_are_reported()
    {
        var project = ProjectFile.Parse(SourceFile.Of("a/a.csproj", """<Project><ItemGroup><PackageReference Include="X" Version="1" /><PackageReference Include="Y" /><PackageReference Include="Z" /></ItemGroup></Project>"""));
        var central = CentralPackages("""<Project><ItemGroup><PackageVersion Include="X" Version="1" /><PackageVersion Include="Z" Version="1" /></ItemGroup></Project>""");
        Assert.Equal(2, StrayVersions(project, central).Count());
    }

    [Fact]
    public void A_project_without_a_lock_file_is_reported()
    {
        var projects = new[] { "a/a.csproj", "b/b.csproj" }.Select(path => ProjectFile.Parse(SourceFile.Of(path, "<Project />"))).ToArray();
        Assert.Equal(["b/packages.lock.json is not committed. Restore b/b.csproj and commit the file."], MissingLocks(["a/packages.lock.json"], projects));
    }

    [Fact]
    public void A_banned_symbol_without_a_reason_is_reported() =>
        Assert.Single(MissingReasons(SourceFile.Of("BannedSymbols.txt", "T:System.Random;A pure core gets a seed\nT:System.IO.File;\n")));

    private static IEnumerable<string> SolutionDifferences(string solution, IEnumerable<string> projects)
    {
        var named = SolutionEntry().Matches(solution).Select(match => match.Groups["path"].Value.Replace('\\', '/')).ToHashSet(StringComparer.Ordinal);
        var present = projects.ToHashSet(StringComparer.Ordinal);
        return present.Except(named).Order(StringComparer.Ordinal).Select(path => $"{path} is not in Ncn.sln. Add it: dotnet sln Ncn.sln add --in-root {path}")
            .Concat(named.Except(present).Order(StringComparer.Ordinal).Select(path => $"Ncn.sln names {path}, which is not there. Remove it: dotnet sln Ncn.sln remove {path}"));
    }

    private static HashSet<string> CentralPackages(string properties) =>
        XDocument.Parse(properties).Descendants("PackageVersion").Select(item => (string?)item.Attribute("Include") ?? "").ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> StrayVersions(ProjectFile project, HashSet<string> central) =>
        project.VersionedPackages.Select(package => $"{project.Path} sets a version for {package}. Versions are in Directory.Packages.props alone.")
            .Concat(project.Packages.Concat(project.NcnPackages).Where(package => !central.Contains(package)).Select(package => $"{project.Path} uses {package}, which has no version in Directory.Packages.props. Add it there."));

    private static IEnumerable<string> MissingLocks(IEnumerable<string> tracked, IEnumerable<ProjectFile> projects)
    {
        var present = tracked.ToHashSet(StringComparer.Ordinal);
        return from project in projects
               where !present.Contains($"{project.Folder}/packages.lock.json")
               select $"{project.Folder}/packages.lock.json is not committed. Restore {project.Path} and commit the file.";
    }

    private static IEnumerable<string> MissingReasons(SourceFile file) =>
        from line in file.Read().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        let parts = line.Split(';', 2)
        where parts.Length < 2 || parts[1].Length == 0
        select $"{file.Path}: {parts[0]} is banned without a reason. Write it after a semicolon: it is what the compiler tells the next person.";

    [GeneratedRegex("""Project\("[^"]*"\) = "[^"]*", "(?<path>[^"]*\.csproj)",""")]
    private static partial Regex SolutionEntry();
}
