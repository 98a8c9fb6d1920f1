using System.Text.RegularExpressions;

namespace Ncn.Tidy.Tests;

/// <summary>Words and paths that must not be in the tree. The patterns are written so that they do not match themselves.</summary>
public sealed partial class TextTests
{
    private static readonly string[] CodeEndings = [".cs", ".sol", ".bicep", ".sh", ".mjs", ".js", ".py", ".csproj", ".props", ".targets", ".proto", "ncn", "run"];

    [Fact]
    public void No_unfinished_work_is_in_the_code() => Repository.MustHold(Repository.TextFiles.Where(IsCode).SelectMany(UnfinishedWork));

    [Fact]
    public void No_path_of_one_machine_is_in_the_tree() => Repository.MustHold(Repository.TextFiles.SelectMany(MachinePaths));

    [Fact]
    public void Unfinished_work_is_reported() =>
        Assert.Equal(["a.cs(2): 'TO" + "DO' is unfinished work. Finish it, or write the limit down in the folder's README."], UnfinishedWork(SourceFile.Of("a.cs", "\n// TO" + "DO later")));

    [Theory]
    [InlineData("see /ro" + "ot/x", 1)]
    [InlineData("\"/ho" + "me/ann/x\"", 1)]
    [InlineData("C:" + "\\Users\\ann", 1)]
    [InlineData("https://example.org/wo" + "rk/item", 0)]
    public void A_machine_path_is_reported(string text, int violations) => Assert.Equal(violations, MachinePaths(SourceFile.Of("a.md", text)).Count());

    private static bool IsCode(SourceFile file) => CodeEndings.Any(ending => file.Path.EndsWith(ending, StringComparison.Ordinal));

    private static IEnumerable<string> UnfinishedWork(SourceFile file) =>
        Lines(file, Unfinished(), match => $"'{match}' is unfinished work. Finish it, or write the limit down in the folder's README.");

    private static IEnumerable<string> MachinePaths(SourceFile file) =>
        Lines(file, MachinePath(), match => $"'{match}' is a path of one machine. Make it relative to the repository or ask the system for it.");

    private static IEnumerable<string> Lines(SourceFile file, Regex pattern, Func<string, string> message) =>
        file.Read().Split('\n').SelectMany((line, index) => pattern.Matches(line).Select(match => $"{file.Path}({index + 1}): {message(match.Value.Trim())}"));

    [GeneratedRegex(@"\b(T[O]DO|F[I]XME|H[A]CK)\b|NotImplemented[E]xception")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"(?<![A-Za-z0-9_.\-])/(w[o]rk|f[a]rm|r[o]ot|h[o]me|t[m]p)/[A-Za-z.]|[A-Z]:\\[U]sers")]
    private static partial Regex MachinePath();
}
