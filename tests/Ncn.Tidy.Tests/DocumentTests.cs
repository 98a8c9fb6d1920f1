using System.Text.RegularExpressions;

namespace Ncn.Tidy.Tests;

/// <summary>A README where a reader looks for one, with the parts it needs, and links that lead somewhere.</summary>
public sealed partial class DocumentTests
{
    private const int MostDecisions = 5;

    [Fact]
    public void Every_project_and_top_level_folder_has_a_readme() => Repository.MustHold(MissingReadmes([.. Repository.Files.Select(file => file.Path)]));

    [Fact]
    public void Component_readmes_have_their_parts() => Repository.MustHold(Repository.Files.Where(IsComponentReadme).SelectMany(MissingParts));

    [Fact]
    public void Links_lead_somewhere() => Repository.MustHold(Repository.Files.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal)).SelectMany(file => DeadLinks(file, Exists)));

    [Fact]
    public void A_missing_readme_is_reported() =>
        Assert.Equal(["components/A has no README.md. Say what it owns, what it does not own, and its decisions.", "dapr has no README.md. Say what it owns, what it does not own, and its decisions."], MissingReadmes(["README.md", "components/README.md", "components/A/A.csproj", "dapr/dapr.yaml"]).Order(StringComparer.Ordinal));

    [Fact]
    public void A_readme_without_its_parts_is_reported()
    {
        Assert.Equal(3, MissingParts(SourceFile.Of("components/A/README.md", "# A")).Count());
        Assert.Single(MissingParts(SourceFile.Of("components/A/README.md", "It owns a. It does not own b.\n## Decisions\n- 1\n- 2\n- 3\n- 4\n- 5\n- 6\n")));
    }

    [Fact]
    public void A_dead_link_is_reported() => Assert.Equal(
        ["docs/a.md links to 'gone.md', which is not there. Correct or remove the link."],
        DeadLinks(SourceFile.Of("docs/a.md", "[x](gone.md) [y](../README.md#top) [z](https://example.org) [w](#here)\n```\n[no](link.md)\n```\n"), path => path == "README.md"));

    private static bool IsComponentReadme(SourceFile file) => file.Path.StartsWith("components/", StringComparison.Ordinal) && file.Name == "README.md" && file.Path.Count(letter => letter == '/') > 1;

    private static bool Exists(string path) => Path.Exists(Path.Combine(Repository.Root, path));

    private static IEnumerable<string> MissingReadmes(IReadOnlyCollection<string> paths)
    {
        var projects = paths.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)).Select(path => path[..path.LastIndexOf('/')]);
        var top = paths.Where(path => path.Contains('/', StringComparison.Ordinal) && !path.StartsWith('.')).Select(path => path.Split('/')[0]);
        return from folder in projects.Concat(top).Distinct()
               where !paths.Contains($"{folder}/README.md")
               select $"{folder} has no README.md. Say what it owns, what it does not own, and its decisions.";
    }

    private static IEnumerable<string> MissingParts(SourceFile file)
    {
        var text = file.Read();
        if (!Owns().IsMatch(text))
        {
            yield return $"{file.Path} does not say what the component owns. Add it.";
        }
        if (!DoesNotOwn().IsMatch(text))
        {
            yield return $"{file.Path} does not say what the component does not own. Add it, with who does.";
        }
        var decisions = Decisions().Match(text);
        if (!decisions.Success)
        {
            yield return $"{file.Path} has no heading 'Decisions'. Add it, with up to {MostDecisions} lines.";
        }
        else if (decisions.Groups["list"].Value.Split('\n').Count(line => line.StartsWith("- ", StringComparison.Ordinal)) is > MostDecisions and var count)
        {
            yield return $"{file.Path} has {count} decisions. Keep the {MostDecisions} that a newcomer would otherwise undo.";
        }
    }

    private static IEnumerable<string> DeadLinks(SourceFile file, Func<string, bool> exists) =>
        from link in Link().Matches(Fence().Replace(file.Read(), ""))
        let target = link.Groups["target"].Value
        where !target.StartsWith('#') && !target.Contains(':', StringComparison.Ordinal)
        where !exists(Resolve(file.Folder, target.Split('#')[0]))
        select $"{file.Path} links to '{target}', which is not there. Correct or remove the link.";

    private static string Resolve(string folder, string target)
    {
        const string anchor = "/anchor/";
        return Path.GetFullPath(Path.Combine(anchor + folder, Uri.UnescapeDataString(target)))[anchor.Length..];
    }

    [GeneratedRegex(@"\bowns\b|\bown\b(?<!not own)", RegexOptions.IgnoreCase)]
    private static partial Regex Owns();

    [GeneratedRegex(@"\bnot\*{0,2} own\b", RegexOptions.IgnoreCase)]
    private static partial Regex DoesNotOwn();

    [GeneratedRegex(@"^#+ *Decisions *$(?<list>(?:\n(?!#).*)*)", RegexOptions.Multiline)]
    private static partial Regex Decisions();

    [GeneratedRegex(@"\[[^\]\n]*\]\((?<target>[^)\s]+)[^)]*\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
