namespace Ncn.Inference.Generation.Constraints;

/// <summary>
/// All tokens that are text, arranged by their bytes in depth-first order: what cannot begin a continuation is passed over with all
/// that begins with it.
/// </summary>
internal sealed class TokenTrie
{
    /// <summary>Steps of the automaton that one mask may take, for each node: so many readings may be open everywhere. A count, so that every node refuses alike.</summary>
    private const int WorkPerNode = 8;

    /// <summary>The same for a small vocabulary, where it is quick anyway.</summary>
    private const int LeastWork = 1 << 18;

    private readonly List<Node> _nodes = [];
    private readonly int[] _tokens;

    public TokenTrie(TokenVocabulary vocabulary)
    {
        Vocabulary = vocabulary.Count;
        _tokens = [.. Enumerable.Range(0, vocabulary.Count).Where(token => !vocabulary.IsSpecial(token) && vocabulary.Bytes(token).Length > 0)];
        Array.Sort(_tokens, (left, right) => vocabulary.Bytes(left).Span.SequenceCompareTo(vocabulary.Bytes(right).Span));
        var path = new List<int>();
        for (int place = 0; place < _tokens.Length; place++)
        {
            Insert(vocabulary.Bytes(_tokens[place]).Span, place, path);
        }

        Close(path, 0);
    }

    public int Vocabulary { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int Longest { get; private set; }

    /// <summary>The tokens after which a reading is left, from any of the given readings.</summary>
    /// <exception cref="InferenceException">The schema leaves open so many readings that it would take too long, at the cost of those beside it.</exception>
    public void Walk(JsonAutomaton automaton, IReadOnlyList<Nesting> from, Action<int> allow)
    {
        var readings = new List<Nesting>[Longest + 1];
        for (int depth = 0; depth <= Longest; depth++)
        {
            readings[depth] = [];
        }

        readings[0].AddRange(from);
        long left = Math.Max(LeastWork, (long)_nodes.Count * WorkPerNode);
        for (int place = 0; place < _nodes.Count;)
        {
            Node node = _nodes[place];
            List<Nesting> next = readings[node.Depth];
            next.Clear();
            left -= WorkOf(readings[node.Depth - 1].Count);
            if (left < 0)
            {
                throw InferenceException.Invalid("json_schema has too many alternatives that begin alike: at one place the text can be read in so many ways that looking for the next token takes too long; tell them apart earlier");
            }

            foreach (Nesting reading in readings[node.Depth - 1])
            {
                automaton.Step(reading, node.Value, next);
            }

            if (next.Count == 0)
            {
                place = node.End;
                continue;
            }

            for (int token = node.FirstToken; token < node.FirstToken + node.Tokens; token++)
            {
                allow(_tokens[token]);
            }

            place++;
        }
    }

    /// <summary>A step for each reading, and comparisons with the others.</summary>
    private static long WorkOf(int readings) => readings * (1L + (readings / 8));

    private void Insert(ReadOnlySpan<byte> bytes, int place, List<int> path)
    {
        int shared = 0;
        while (shared < path.Count && shared < bytes.Length && _nodes[path[shared]].Value == bytes[shared])
        {
            shared++;
        }

        Close(path, shared);
        for (int depth = shared; depth < bytes.Length; depth++)
        {
            path.Add(_nodes.Count);
            _nodes.Add(new Node(bytes[depth], depth + 1, 0, place, 0));
        }

        _nodes[path[^1]] = _nodes[path[^1]] with { Tokens = _nodes[path[^1]].Tokens + 1 };
        Longest = Math.Max(Longest, bytes.Length);
    }

    private void Close(List<int> path, int depth)
    {
        foreach (int node in path.Skip(depth))
        {
            _nodes[node] = _nodes[node] with { End = _nodes.Count };
        }

        path.RemoveRange(depth, path.Count - depth);
    }

    private readonly record struct Node(byte Value, int Depth, int End, int FirstToken, int Tokens);
}
