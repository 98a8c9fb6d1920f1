using System.Text;

namespace Ncn.Tidy.Tests.Source;

/// <summary>
/// Replaces comments, strings, characters and preprocessor lines of C# or Solidity by spaces. Lines stay where they are, so braces
/// and keywords that remain are code.
/// </summary>
internal sealed class CodeText
{
    private readonly string text;
    private readonly StringBuilder code;
    private int position;

    private CodeText(string text)
    {
        this.text = text;
        code = new StringBuilder(text.Length);
    }

    internal static string Blank(string text)
    {
        var scanner = new CodeText(text);
        scanner.ReadCode(insideHole: false);
        return scanner.code.ToString();
    }

    private bool At(string token) => string.CompareOrdinal(text, position, token, 0, token.Length) == 0;

    private bool IsLineStart => text.LastIndexOf('\n', Math.Max(position - 1, 0)) is var start && string.IsNullOrWhiteSpace(text[(start + 1)..position]);

    private void Keep() => code.Append(text[position++]);

    private void Drop(int count = 1)
    {
        for (; count > 0 && position < text.Length; count--)
        {
            code.Append(text[position] is '\n' or '\r' ? text[position] : ' ');
            position++;
        }
    }

    private void DropUntil(string end)
    {
        var found = text.IndexOf(end, position, StringComparison.Ordinal);
        Drop((found < 0 ? text.Length : found + end.Length) - position);
    }

    private void DropLine() => Drop((text.IndexOf('\n', position) is var end && end < 0 ? text.Length : end) - position);

    /// <summary>Reads code to the end, or inside an interpolated string to the brace that closes the hole.</summary>
    private void ReadCode(bool insideHole)
    {
        var depth = 0;
        while (position < text.Length)
        {
            if (At("//") || (text[position] == '#' && IsLineStart))
            {
                DropLine();
            }
            else if (At("/*"))
            {
                Drop(2);
                DropUntil("*/");
            }
            else if (!TryReadLiteral())
            {
                depth += text[position] == '{' ? 1 : text[position] == '}' ? -1 : 0;
                if (insideHole && depth < 0)
                {
                    return;
                }
                if (insideHole)
                {
                    Drop();
                }
                else
                {
                    Keep();
                }
            }
        }
    }

    private bool TryReadLiteral()
    {
        var start = position;
        while (start < text.Length && text[start] is '$' or '@')
        {
            start++;
        }
        if (start >= text.Length || text[start] is not ('"' or '\''))
        {
            return false;
        }
        var prefix = text[position..start];
        Drop(prefix.Length);
        if (At("\"\"\""))
        {
            var quotes = text.AsSpan(position).IndexOfAnyExcept('"') is var count && count < 0 ? text.Length - position : count;
            Drop(quotes);
            DropUntil(new string('"', quotes));
            return true;
        }
        ReadQuoted(text[position], isVerbatim: prefix.Contains('@', StringComparison.Ordinal), hasHoles: prefix.Contains('$', StringComparison.Ordinal));
        return true;
    }

    private void ReadQuoted(char quote, bool isVerbatim, bool hasHoles)
    {
        Drop();
        while (position < text.Length)
        {
            if ((isVerbatim && At("\"\"")) || (!isVerbatim && text[position] == '\\') || (hasHoles && (At("{{") || At("}}"))))
            {
                Drop(2);
            }
            else if (hasHoles && text[position] == '{')
            {
                Drop();
                ReadCode(insideHole: true);
                Drop();
            }
            else
            {
                var ends = text[position] == quote;
                Drop();
                if (ends)
                {
                    return;
                }
            }
        }
    }
}
