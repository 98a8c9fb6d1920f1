using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Generation.Constraints;

/// <summary>One schema for one vocabulary, with the masks of the states that were met. Safe to use from several threads.</summary>
internal sealed class ConstraintProgram(JsonAutomaton automaton, TokenTrie trie, IReadOnlyList<int> endTokens)
{
    /// <summary>Bytes of masks that are kept; then all are forgotten, since documents of a schema meet the same few states over and over.</summary>
    private const int MaxMaskBytes = 4 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<Readings, TokenMask> _masks = [];
    private readonly int _maxMasks = Math.Max(16, MaxMaskBytes / ((trie.Vocabulary / 8) + 64));

    public JsonAutomaton Automaton => automaton;

    /// <summary>The tokens that may follow.</summary>
    public TokenMask Mask(Readings readings)
    {
        lock (_gate)
        {
            if (_masks.TryGetValue(readings, out TokenMask? known))
            {
                return known;
            }
        }

        TokenMask mask = Walk(readings);
        lock (_gate)
        {
            if (_masks.Count >= _maxMasks)
            {
                _masks.Clear();
            }

            _masks[readings] = mask;
        }

        return mask;
    }

    private TokenMask Walk(Readings readings)
    {
        var tokens = new List<int>();
        trie.Walk(automaton, readings.All, tokens.Add);
        IEnumerable<int> ends = readings.All.Any(automaton.IsWhole) ? endTokens : [];
        return TokenMask.Of(trie.Vocabulary, tokens.Except(endTokens).Concat(ends));
    }
}

/// <summary>The readings of a text that are possible, as a key: two texts with the same readings go on alike.</summary>
internal sealed class Readings(IReadOnlyList<Nesting> all) : IEquatable<Readings>
{
    public IReadOnlyList<Nesting> All { get; } = all;

    public bool Equals(Readings? other) => other is not null && All.SequenceEqual(other.All);

    public override bool Equals(object? obj) => Equals(obj as Readings);

    public override int GetHashCode() => All.Aggregate(All.Count, HashCode.Combine);
}
