using Ncn.Tidy.Tests.Source;

namespace Ncn.Tidy.Tests;

/// <summary>Files of at most 400 lines, members of at most 70.</summary>
public sealed class SizeTests
{
    private const int FileLimit = 400;
    private const int MemberLimit = 70;

    [Fact]
    public void Files_are_short() => Repository.MustHold(Repository.CodeFiles.SelectMany(LongFile));

    [Fact]
    public void Members_are_short() => Repository.MustHold(Repository.CodeFiles.SelectMany(LongMembers));

    [Fact]
    public void A_long_file_is_reported() =>
        Assert.Equal(["a.cs has 401 lines; the limit is 400. Split it by what its parts do."], LongFile(SourceFile.Of("a.cs", string.Concat(Enumerable.Repeat("\n", FileLimit + 1)))));

    [Fact]
    public void A_long_method_is_reported()
    {
        var lines = string.Concat(Enumerable.Repeat("        Step();\n", MemberLimit));
        var text = $"class A\n{{\n    void Run()\n    {{\n{lines}    }}\n}}\n";
        Assert.Equal(["a.cs(3): 'void Run()' has 73 lines; the limit is 70. Name its steps as methods."], LongMembers(SourceFile.Of("a.cs", text)));
    }

    private static IEnumerable<string> LongFile(SourceFile file)
    {
        var lines = file.Read().Count(letter => letter == '\n');
        return lines <= FileLimit ? [] : [$"{file.Path} has {lines} lines; the limit is {FileLimit}. Split it by what its parts do."];
    }

    private static IEnumerable<string> LongMembers(SourceFile file) =>
        from member in MemberScanner.Members(file.Read())
        where member.Length > MemberLimit
        select $"{file.Path}({member.FirstLine}): '{member.Signature}' has {member.Length} lines; the limit is {MemberLimit}. Name its steps as methods.";
}
