using System.Globalization;

namespace Ncn.Inference.Generation.Constraints;

/// <summary>
/// Reads the regular part of ECMA-262's patterns: characters, classes, groups, alternatives, quantifiers (lazy ones match the same
/// texts), and ^ and $ at the ends of the pattern's alternatives. What looks ahead or back, or at words' borders, is refused.
/// </summary>
internal sealed class PatternParser
{
    private const int MaxLength = 1024;
    private const int MaxNesting = 32;
    private const int MaxTimes = 1000;
    private static readonly PatternSyntax.Set Digits = new([('0', '9')]);
    private static readonly PatternSyntax.Set Word = new([('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]);
    private static readonly PatternSyntax.Set Space = new(
        [(9, 13), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)]);

    private static readonly PatternSyntax.Set LineEnds = new([('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)]);
    private static readonly PatternSyntax Anything = new PatternSyntax.Repeat(PatternSyntax.Set.All, 0, null);

    private readonly string _pattern;
    private int _at;
    private int _nesting;

    private PatternParser(string pattern) => _pattern = pattern;

    /// <summary>The texts in which the pattern is found somewhere.</summary>
    /// <exception cref="FormatException">The pattern is malformed or not supported; the message says what.</exception>
    public static PatternSyntax Parse(string pattern)
    {
        if (pattern.Length > MaxLength)
        {
            throw new FormatException($"it is longer than {MaxLength} characters");
        }

        var parser = new PatternParser(pattern);
        var options = new List<PatternSyntax>();
        do
        {
            options.Add(parser.Anchored());
        }
        while (parser.Take('|'));
        return parser._at == pattern.Length ? new PatternSyntax.Choice(options) : throw new FormatException($"'{pattern[parser._at]}' at {parser._at} has no beginning");
    }

    private bool AtEnd => _at == _pattern.Length;

    private PatternSyntax.Sequence Anchored()
    {
        bool fromStart = Take('^');
        PatternSyntax middle = Sequence();
        bool toEnd = Take('$');
        return new PatternSyntax.Sequence([.. fromStart ? [] : new[] { Anything }, middle, .. toEnd ? [] : new[] { Anything }]);
    }

    private PatternSyntax.Choice Alternatives()
    {
        if (++_nesting > MaxNesting)
        {
            throw new FormatException($"its groups are nested deeper than {MaxNesting}");
        }

        var options = new List<PatternSyntax> { Sequence() };
        while (Take('|'))
        {
            options.Add(Sequence());
        }

        _nesting--;
        return new PatternSyntax.Choice(options);
    }

    private PatternSyntax.Sequence Sequence()
    {
        var parts = new List<PatternSyntax>();
        while (!AtEnd && _pattern[_at] is not ('|' or ')' or '$'))
        {
            parts.Add(Quantified(Atom()));
        }

        return new PatternSyntax.Sequence(parts);
    }

    private PatternSyntax Quantified(PatternSyntax part)
    {
        (int Least, int? Most)? times = AtEnd ? null : _pattern[_at] switch
        {
            '*' => (0, null),
            '+' => (1, null),
            '?' => (0, 1),
            '{' => Times(),
            _ => null,
        };
        if (times is null)
        {
            return part;
        }

        _at++;
        _ = Take('?'); // lazy
        return !AtEnd && _pattern[_at] is '*' or '+' or '?' or '{'
            ? throw new FormatException($"the quantifier at {_at} has nothing to repeat")
            : new PatternSyntax.Repeat(part, times.Value.Least, times.Value.Most);
    }

    /// <summary>Reads {n}, {n,} or {n,m} up to its closing brace.</summary>
    private (int Least, int? Most) Times()
    {
        int end = _pattern.IndexOf('}', _at);
        string[] counts = end < 0 ? [] : _pattern[(_at + 1)..end].Split(',');
        int most = 0;
        if (counts.Length is not (1 or 2) || !TryCount(counts[0], out int least) || (counts[^1].Length > 0 && !TryCount(counts[^1], out most))
            || (counts[^1].Length > 0 && most < least))
        {
            throw new FormatException($"the quantifier at {_at} must be {{n}}, {{n,}} or {{n,m}} with numbers up to {MaxTimes}");
        }

        _at = end;
        return (least, counts[^1].Length > 0 ? most : null);
    }

    private static bool TryCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count <= MaxTimes;

    private PatternSyntax Atom()
    {
        int start = _at;
        char next = _pattern[_at++];
        return next switch
        {
            '(' => Group(),
            '[' => Class(),
            '.' => LineEnds.Others(),
            '\\' => Escaped(),
            '^' => throw new FormatException($"'^' at {start} does not stand at the beginning of an alternative of the whole pattern"),
            '*' or '+' or '?' or '{' or '}' or ']' => throw new FormatException($"'{next}' at {start} has nothing to stand for"),
            _ => One(char.IsHighSurrogate(next) && !AtEnd ? char.ConvertToUtf32(next, _pattern[_at++]) : next),
        };
    }

    private PatternSyntax.Choice Group()
    {
        int start = _at - 1;
        if (Take('?') && !Take(':'))
        {
            throw new FormatException($"the group at {start} is not supported; plain groups and (?: are");
        }

        PatternSyntax.Choice inner = Alternatives();
        return Take(')') ? inner : throw new FormatException($"the group at {start} has no end that this reader takes");
    }

    private PatternSyntax.Set Class()
    {
        int start = _at - 1;
        bool others = Take('^');
        var ranges = new List<(int, int)>();
        while (!AtEnd && _pattern[_at] != ']')
        {
            PatternSyntax.Set first = ClassAtom();
            if (first.Ranges is [(int low, int single)] && low == single && _at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            {
                _at++;
                PatternSyntax.Set last = ClassAtom();
                ranges.Add(last.Ranges is [(int high, int same)] && high == same && high >= low
                    ? (low, high)
                    : throw new FormatException($"a range in the class at {start} is in the wrong order"));
            }
            else
            {
                ranges.AddRange(first.Ranges);
            }
        }

        var set = new PatternSyntax.Set(ranges);
        return Take(']') ? (others ? set.Others() : set) : throw new FormatException($"the class at {start} has no end");
    }

    private PatternSyntax.Set ClassAtom()
    {
        char next = _pattern[_at++];
        if (next != '\\')
        {
            return One(char.IsHighSurrogate(next) && !AtEnd ? char.ConvertToUtf32(next, _pattern[_at++]) : next);
        }

        if (Take('b'))
        {
            return One('\b');
        }

        return Take('-') ? One('-') : Escaped();
    }

    private PatternSyntax.Set Escaped()
    {
        char next = AtEnd ? throw new FormatException("it ends with a backslash") : _pattern[_at++];
        return next switch
        {
            'd' => Digits,
            'D' => Digits.Others(),
            'w' => Word,
            'W' => Word.Others(),
            's' => Space,
            'S' => Space.Others(),
            't' => One('\t'),
            'n' => One('\n'),
            'v' => One('\v'),
            'f' => One('\f'),
            'r' => One('\r'),
            'x' => One(Hexadecimal(2)),
            'u' => One(Hexadecimal(4)),
            _ when char.IsAsciiLetterOrDigit(next) => throw new FormatException($"\\{next} is not supported"),
            _ => One(next),
        };
    }

    private int Hexadecimal(int digits)
    {
        int end = Math.Min(_at + digits, _pattern.Length);
        bool read = int.TryParse(_pattern.AsSpan(_at, end - _at), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value);
        if (!read || end - _at < digits || value is >= 0xD800 and <= 0xDFFF)
        {
            throw new FormatException($"the escape at {_at} needs {digits} hexadecimal digits of a whole character");
        }

        _at = end;
        return value;
    }

    private bool Take(char expected)
    {
        bool taken = !AtEnd && _pattern[_at] == expected;
        _at += taken ? 1 : 0;
        return taken;
    }

    private static PatternSyntax.Set One(int character) => new([(character, character)]);
}
