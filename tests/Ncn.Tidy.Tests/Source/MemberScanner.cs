using System.Text.RegularExpressions;

namespace Ncn.Tidy.Tests.Source;

/// <summary>A method, accessor block or expression-bodied member, with its first and last line, from 1.</summary>
internal sealed record Member(string Signature, int FirstLine, int LastLine)
{
    internal int Length => LastLine - FirstLine + 1;
}

/// <summary>Finds the members of the types in C# or Solidity code by their braces.</summary>
internal sealed partial class MemberScanner
{
    private readonly string code;
    private readonly List<Member> members = [];
    private readonly Stack<Block> blocks = new();
    private int line = 1;
    private int headerStart;
    private int headerLine = 1;
    private int parentheses;

    private MemberScanner(string code) => this.code = code;

    private enum Kind
    {
        Type,
        Member,
        Part,
    }

    private sealed record Block(Kind Kind, int HeaderStart, int HeaderLine, int Parentheses);

    internal static IReadOnlyList<Member> Members(string text)
    {
        var scanner = new MemberScanner(CodeText.Blank(text));
        scanner.Scan();
        return scanner.members;
    }

    internal static IEnumerable<string> TypeNames(string text) => TypeName().Matches(CodeText.Blank(text)).Select(match => match.Groups["name"].Value);

    /// <summary>Whether the scanner is directly inside a type, a namespace or the file, where members begin.</summary>
    private bool IsAtTypeLevel => parentheses == 0 && (blocks.Count == 0 || blocks.Peek().Kind == Kind.Type);

    private void Scan()
    {
        for (var position = 0; position < code.Length; position++)
        {
            switch (code[position])
            {
                case '\n':
                    line++;
                    break;
                case '(' or '[':
                    parentheses++;
                    break;
                case ')' or ']':
                    parentheses--;
                    break;
                case '{':
                    Open(position);
                    break;
                case '}':
                    Close(position);
                    break;
                case ';' when IsAtTypeLevel:
                    EndStatement(position);
                    break;
            }
        }
    }

    private void Open(int position)
    {
        var header = code[headerStart..position];
        var kind = !IsAtTypeLevel ? Kind.Part : IsTypeHeader(header) ? Kind.Type : Continues(header) ? Kind.Part : Kind.Member;
        blocks.Push(new Block(kind, headerStart, FirstLineOf(header), parentheses));
        parentheses = 0;
        if (kind == Kind.Type)
        {
            StartHeader(position);
        }
    }

    private void Close(int position)
    {
        if (blocks.Count == 0)
        {
            return;
        }
        var block = blocks.Pop();
        parentheses = block.Parentheses;
        if (block.Kind == Kind.Member)
        {
            members.Add(new Member(Signature(code[block.HeaderStart..position]), block.HeaderLine, line));
        }
        if (block.Kind != Kind.Part)
        {
            StartHeader(position);
        }
    }

    private void EndStatement(int position)
    {
        var header = code[headerStart..position];
        if (header.Contains("=>", StringComparison.Ordinal) && !IsInitialiser(header))
        {
            members.Add(new Member(Signature(header), FirstLineOf(header), line));
        }
        StartHeader(position);
    }

    private void StartHeader(int position)
    {
        headerStart = position + 1;
        headerLine = line;
    }

    /// <summary>A type is named before any parenthesis; the attributes above it may have some.</summary>
    private static bool IsTypeHeader(string header) => TypeHeader().IsMatch(Attributes().Replace(header, "").Split('(')[0]);

    /// <summary>A brace after these belongs to an expression, and the member goes on behind it.</summary>
    private static bool Continues(string header) => header.Contains("=>", StringComparison.Ordinal) || IsInitialiser(header);

    private static bool IsInitialiser(string header) => Assignment().Match(header) is { Success: true } assignment
        && (header.IndexOf("=>", StringComparison.Ordinal) is var arrow && (arrow < 0 || assignment.Index < arrow))
        && !header[..assignment.Index].Contains('(', StringComparison.Ordinal);

    private int FirstLineOf(string header) => headerLine + header[..(header.Length - header.TrimStart().Length)].Count(letter => letter == '\n');

    private static string Signature(string header) => Blanks().Replace(header.Split('{')[0].Split("=>")[0], " ").Trim();

    [GeneratedRegex(@"\b(class|struct|interface|enum|record|contract|library|namespace|extension)\s+[A-Za-z_]|\bextension\s*$")]
    private static partial Regex TypeHeader();

    [GeneratedRegex(@"^(?:\s*\[(?>[^\[\]]|(?<open>\[)|(?<-open>\]))*(?(open)(?!))\])+")]
    private static partial Regex Attributes();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record(?:\s+struct|\s+class)?|contract|library)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"(?<![=!<>+\-*/])=(?![=>])")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
