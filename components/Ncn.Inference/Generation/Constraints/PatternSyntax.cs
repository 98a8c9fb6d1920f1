namespace Ncn.Inference.Generation.Constraints;

/// <summary>A regular expression as a tree.</summary>
internal abstract record PatternSyntax
{
    private PatternSyntax()
    {
    }

    /// <summary>One character of any of these ranges of code points, both ends included.</summary>
    public sealed record Set(IReadOnlyList<(int First, int Last)> Ranges) : PatternSyntax
    {
        public const int Highest = 0x10FFFF;

        public static Set All { get; } = new([(0, Highest)]);

        /// <summary>All characters that are not in this set.</summary>
        public Set Others()
        {
            var others = new List<(int, int)>();
            int next = 0;
            foreach ((int first, int last) in Ranges.Order())
            {
                if (first > next)
                {
                    others.Add((next, first - 1));
                }

                next = Math.Max(next, last + 1);
            }

            if (next <= Highest)
            {
                others.Add((next, Highest));
            }

            return new Set(others);
        }
    }

    /// <summary>One after the other; none of them is the empty text.</summary>
    public sealed record Sequence(IReadOnlyList<PatternSyntax> Parts) : PatternSyntax;

    /// <summary>Any one of them.</summary>
    public sealed record Choice(IReadOnlyList<PatternSyntax> Options) : PatternSyntax;

    /// <summary>Several times; without end when <paramref name="Most"/> is null.</summary>
    public sealed record Repeat(PatternSyntax Part, int Least, int? Most) : PatternSyntax;
}
