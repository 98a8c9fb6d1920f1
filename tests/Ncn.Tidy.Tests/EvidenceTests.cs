using System.Text.RegularExpressions;

namespace Ncn.Tidy.Tests;

/// <summary>What the documents promise is proven by tests that exist: every row of a table with a column "proven by" or "test" names one.</summary>
public sealed partial class EvidenceTests
{
    private static readonly string[] Documents = ["README.md", "ARCHITECTURE.md"];
    private static readonly string[] Columns = ["proven by", "test"];
    private const string NotBuilt = "not there yet";

    [Fact]
    public void Every_promise_names_a_test_that_exists()
    {
        var known = KnownTests([.. Repository.Files]);
        Repository.MustHold(Documents.SelectMany(path => Unproven(Repository.Get(path), known)));
    }

    [Fact]
    public void The_readme_has_its_two_tables()
    {
        var tables = Tables(Repository.Get("README.md")).Select(table => string.Join(" · ", table.Header)).ToArray();
        Assert.Contains("contract · address (forknet) · purpose", tables);
        Assert.Contains("scenario · protection · test", tables);
    }

    [Fact]
    public void A_promise_without_a_test_is_reported()
    {
        HashSet<string> known = ["LedgerTests", "contracts/test/payment"];
        var document = SourceFile.Of("A.md", """
            | scenario | protection | test |
            |---|---|---|
            | a | b | `LedgerTests`, `contracts/test/payment` |
            | c | d | `GoneTests` |
            | e | f | by hand |
            | g | **not there yet** | |

            | word | meaning |
            |---|---|
            | h | `Nothing` |
            """);
        Assert.Equal(
            ["A.md: 'GoneTests' in the row 'c' is no test class, test project or folder. Name the test that proves the row.", "A.md: the row 'e' names no test. Name it in backticks, or say '**not there yet**'."],
            Unproven(document, known));
    }

    [Fact]
    public void Tests_are_known_by_class_project_and_path()
    {
        var known = KnownTests([
            SourceFile.Of("tests/P.Tests/A.cs", "public sealed class ATests;\ninternal sealed partial class BTests(Thing thing) : IDisposable"),
            SourceFile.Of("contracts/test/x/N.t.sol", "contract NameTest is Test {"),
            SourceFile.Of("components/P/C.cs", "public sealed class CTests;"),
        ]);
        Assert.Equal(
            ["ATests", "BTests", "NameTest", "P.Tests", "contracts/test", "contracts/test/x", "contracts/test/x/N.t.sol", "tests/P.Tests", "tests/P.Tests/A.cs"],
            known.Where(name => name != "contracts" && name != "tests").Order(StringComparer.Ordinal));
    }

    private static HashSet<string> KnownTests(IReadOnlyCollection<SourceFile> files)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files.Where(file => file.Path.StartsWith("tests/", StringComparison.Ordinal) || file.Path.StartsWith("contracts/test/", StringComparison.Ordinal)))
        {
            known.UnionWith(Declared().Matches(IsCode(file) ? file.Read() : "").Select(match => match.Groups["name"].Value));
            for (var path = file.Path; path.Contains('/', StringComparison.Ordinal); path = path[..path.LastIndexOf('/')])
            {
                known.Add(path);
            }

            if (file.Path.Split('/')[1] is var project && project.EndsWith(".Tests", StringComparison.Ordinal))
            {
                known.Add(project);
            }
        }

        return known;
    }

    private static bool IsCode(SourceFile file) => file.Path.EndsWith(".cs", StringComparison.Ordinal) || file.Path.EndsWith(".sol", StringComparison.Ordinal);

    private static IEnumerable<string> Unproven(SourceFile document, HashSet<string> known) =>
        from table in Tables(document)
        let column = Array.FindIndex(table.Header, header => Columns.Contains(header))
        where column >= 0
        from row in table.Rows
        where !row.Any(cell => cell.Contains(NotBuilt, StringComparison.Ordinal))
        from problem in Problems(document.Path, row[0], column < row.Length ? row[column] : "", known)
        select problem;

    private static IEnumerable<string> Problems(string path, string row, string evidence, HashSet<string> known)
    {
        var named = Named().Matches(evidence).Select(match => match.Groups["name"].Value).ToArray();
        return named.Length == 0
            ? [$"{path}: the row '{row}' names no test. Name it in backticks, or say '**{NotBuilt}**'."]
            : named.Where(name => !known.Contains(name.TrimEnd('/'))).Select(name => $"{path}: '{name}' in the row '{row}' is no test class, test project or folder. Name the test that proves the row.");
    }

    private static IEnumerable<(string[] Header, List<string[]> Rows)> Tables(SourceFile document)
    {
        (string[] Header, List<string[]> Rows)? table = null;
        foreach (var line in document.Read().Split('\n').Append(""))
        {
            if (!line.StartsWith('|'))
            {
                if (table is { } whole)
                {
                    yield return whole;
                }

                table = null;
            }
            else if (table is null)
            {
                table = (Cells(line.ToLowerInvariant()), []);
            }
            else if (!line.StartsWith("|--", StringComparison.Ordinal))
            {
                table.Value.Rows.Add(Cells(line));
            }
        }
    }

    private static string[] Cells(string line) => [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())];

    [GeneratedRegex(@"^\s*(?:(?:public|internal|private|sealed|partial|static|abstract) )*(?:class|contract) (?<name>\w+Tests?)\b", RegexOptions.Multiline)]
    private static partial Regex Declared();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Named();
}
