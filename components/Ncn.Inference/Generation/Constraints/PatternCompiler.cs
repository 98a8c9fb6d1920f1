using System.Text;

namespace Ncn.Inference.Generation.Constraints;

/// <summary>
/// Turns a pattern into a table over the bytes of its texts' JSON spelling (<see cref="JsonSpelling"/>): Thompson's construction of
/// a nondeterministic automaton, then the subset construction, then states that lead nowhere are taken out.
/// </summary>
internal sealed class PatternCompiler
{
    private const int MaxStates = 4000;
    private const int MaxTableStates = 1000;
    private const int MaxWork = 4_000_000;

    private readonly List<State> _states = [];
    private int _work;

    /// <exception cref="FormatException">The pattern is malformed, not supported, too large, or fits no text; the message says what.</exception>
    public static ByteTable Compile(string pattern)
    {
        var compiler = new PatternCompiler();
        int start = compiler.NewState();
        int end = compiler.Build(PatternParser.Parse(pattern), start);
        return compiler.Subsets(start, end);
    }

    /// <summary>Adds the part after a state and returns the state behind it.</summary>
    private int Build(PatternSyntax part, int from)
    {
        switch (part)
        {
            case PatternSyntax.Set set:
                return BuildSet(set, from);
            case PatternSyntax.Sequence sequence:
                return sequence.Parts.Aggregate(from, (at, next) => Build(next, at));
            case PatternSyntax.Choice choice:
                int joined = NewState();
                foreach (PatternSyntax option in choice.Options)
                {
                    _states[Build(option, from)].Empty.Add(joined);
                }

                return joined;
            case PatternSyntax.Repeat repeat:
                return BuildRepeat(repeat, from);
            default:
                throw new InvalidOperationException($"{part.GetType().Name} is no part of a pattern.");
        }
    }

    private int BuildRepeat(PatternSyntax.Repeat repeat, int from)
    {
        int at = from;
        for (int i = 0; i < repeat.Least; i++)
        {
            at = Build(repeat.Part, at);
        }

        int end = NewState();
        if (repeat.Most is not { } most)
        {
            int loop = NewState();
            _states[at].Empty.Add(loop);
            _states[Build(repeat.Part, loop)].Empty.Add(loop);
            _states[loop].Empty.Add(end);
            return end;
        }

        for (int i = repeat.Least; i < most; i++)
        {
            _states[at].Empty.Add(end);
            at = Build(repeat.Part, at);
        }

        _states[at].Empty.Add(end);
        return end;
    }

    private int BuildSet(PatternSyntax.Set set, int from)
    {
        // A choice's options begin at one state: a state of its own keeps this set's bytes from mixing with a loop's.
        int start = NewState();
        int end = NewState();
        _states[from].Empty.Add(start);
        foreach ((byte First, byte Last)[] spelling in PatternBytes.Of(set))
        {
            int at = start;
            for (int i = 0; i < spelling.Length; i++)
            {
                int next = i == spelling.Length - 1 ? end : NewState();
                _states[at].Bytes.Add((spelling[i].First, spelling[i].Last, next));
                at = next;
            }
        }

        return end;
    }

    private ByteTable Subsets(int start, int end)
    {
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        var members = new List<int[]>();
        var table = new List<short[]>();
        int Place(IEnumerable<int> states)
        {
            int[] closed = Closure(states);
            string key = string.Join(',', closed);
            if (!known.TryGetValue(key, out int place))
            {
                place = members.Count;
                known.Add(key, place);
                members.Add(closed);
            }

            return place < MaxTableStates ? place : throw new FormatException($"it needs more than {MaxTableStates} states");
        }

        Place([start]);
        for (int place = 0; place < members.Count; place++)
        {
            table.Add(Row(members[place], Place));
        }

        return Trimmed(table, [.. members.Select(states => states.Contains(end))]);
    }

    /// <summary>Where each byte leads: between two borders of ranges all bytes lead to the same place.</summary>
    private short[] Row(int[] states, Func<IEnumerable<int>, int> place)
    {
        var row = new short[256];
        Array.Fill(row, (short)-1);
        (byte First, byte Last, int Next)[] edges = [.. states.SelectMany(state => _states[state].Bytes)];
        int[] borders = [.. edges.SelectMany(edge => new[] { (int)edge.First, edge.Last + 1 }).Distinct().Order()];
        for (int i = 0; i < borders.Length - 1; i++)
        {
            int value = borders[i];
            Spend(edges.Length);
            int[] next = [.. edges.Where(edge => edge.First <= value && value <= edge.Last).Select(edge => edge.Next)];
            if (next.Length > 0)
            {
                row.AsSpan(value, borders[i + 1] - value).Fill((short)place(next));
            }
        }

        return row;
    }

    private int[] Closure(IEnumerable<int> states)
    {
        var closed = new SortedSet<int>();
        var open = new Stack<int>(states);
        while (open.TryPop(out int state))
        {
            if (closed.Add(state))
            {
                Spend(1 + _states[state].Empty.Count);
                _states[state].Empty.ForEach(open.Push);
            }
        }

        return [.. closed];
    }

    private static ByteTable Trimmed(List<short[]> table, bool[] accepts)
    {
        bool[] alive = [.. accepts];
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int state = 0; state < alive.Length; state++)
            {
                if (!alive[state] && table[state].Any(next => next >= 0 && alive[next]))
                {
                    alive[state] = changed = true;
                }
            }
        }

        if (!alive[0])
        {
            throw new FormatException("no text fits it");
        }

        foreach (short[] row in table)
        {
            for (int value = 0; value < row.Length; value++)
            {
                row[value] = row[value] >= 0 && alive[row[value]] ? row[value] : (short)-1;
            }
        }

        return new ByteTable(table, accepts);
    }

    private int NewState()
    {
        _states.Add(new State([], []));
        return _states.Count <= MaxStates ? _states.Count - 1 : throw new FormatException($"it has more than {MaxStates} parts, repetitions counted");
    }

    private void Spend(int work)
    {
        _work += work;
        if (_work > MaxWork)
        {
            throw new FormatException("it is too complicated");
        }
    }

    private sealed record State(List<int> Empty, List<(byte First, byte Last, int Next)> Bytes);
}

/// <summary>The JSON spellings of sets of characters, as sequences of ranges of bytes.</summary>
internal static class PatternBytes
{
    private static readonly int[] LengthEnds = [0x7F, 0x7FF, 0xFFFF];

    public static IEnumerable<(byte First, byte Last)[]> Of(PatternSyntax.Set set) => set.Ranges.SelectMany(range => Spellings(range.First, range.Last));

    private static IEnumerable<(byte First, byte Last)[]> Spellings(int first, int last)
    {
        foreach (int special in Enumerable.Range(0, 0x20).Concat(['"', '\\']).Where(character => first <= character && character <= last))
        {
            yield return [.. Encoding.ASCII.GetBytes(JsonSpelling.Of(new Rune(special))).Select(value => (value, value))];
        }

        foreach ((int from, int to) in new[] { (0x20, '"' - 1), ('"' + 1, '\\' - 1), ('\\' + 1, 0xD7FF), (0xE000, 0x10FFFF) })
        {
            foreach ((byte, byte)[] bytes in Split(Math.Max(first, from), Math.Min(last, to)))
            {
                yield return bytes;
            }
        }
    }

    /// <summary>Cuts a range so that all its characters differ in trailing bytes that run through their whole range.</summary>
    private static IEnumerable<(byte First, byte Last)[]> Split(int first, int last)
    {
        if (first > last)
        {
            return [];
        }

        foreach (int end in LengthEnds)
        {
            if (first <= end && end < last)
            {
                return Split(first, end).Concat(Split(end + 1, last));
            }
        }

        for (int trailing = 1; trailing <= 3 && last > 0x7F; trailing++)
        {
            int low = (1 << (6 * trailing)) - 1;
            if ((first & ~low) == (last & ~low))
            {
                continue;
            }

            if ((first & low) != 0)
            {
                return Split(first, first | low).Concat(Split((first | low) + 1, last));
            }

            if ((last & low) != low)
            {
                return Split(first, (last & ~low) - 1).Concat(Split(last & ~low, last));
            }
        }

        return [[.. Encoding.UTF8.GetBytes(new Rune(first).ToString()).Zip(Encoding.UTF8.GetBytes(new Rune(last).ToString()))]];
    }
}
