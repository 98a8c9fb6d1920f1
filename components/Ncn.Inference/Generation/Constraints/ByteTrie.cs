namespace Ncn.Inference.Generation.Constraints;

/// <summary>A set of byte strings with a number each, walked byte by byte from <see cref="Root"/>.</summary>
internal sealed class ByteTrie
{
    public const int Root = 0;
    public const int None = -1;

    private readonly List<Node> _nodes = [new Node()];

    public ByteTrie(IEnumerable<(byte[] Bytes, int Value)> entries)
    {
        foreach ((byte[] bytes, int value) in entries)
        {
            Add(bytes, value);
        }
    }

    /// <summary>The spellings in it.</summary>
    public int Count { get; private set; }

    /// <summary>The node after a byte; <see cref="None"/> when no string goes on so.</summary>
    public int Next(int node, byte value) => _nodes[node].Children.GetValueOrDefault(value, None);

    /// <summary>The number of the string that ends here; <see cref="None"/> when none does.</summary>
    public int Value(int node) => _nodes[node].Value;

    /// <summary>True when longer strings go on from here.</summary>
    public bool GoesOn(int node) => _nodes[node].Children.Count > 0;

    /// <summary>The numbers of all strings that go through or end at a node.</summary>
    public IReadOnlyList<int> Below(int node) => _nodes[node].Values;

    /// <summary>True within a JSON escape that begins with a backslash.</summary>
    public bool InEscape(int node) => _nodes[node].InEscape;

    private void Add(byte[] bytes, int value)
    {
        int node = Root;
        int escape = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            _nodes[node].Values.Add(value);
            if (!_nodes[node].Children.TryGetValue(bytes[i], out int next))
            {
                next = _nodes.Count;
                _nodes.Add(new Node());
                _nodes[node].Children.Add(bytes[i], next);
            }

            escape = escape > 0 ? escape - 1 : bytes[i] == '\\' ? (bytes[i + 1] == 'u' ? 5 : 1) : 0;
            _nodes[next].InEscape = escape > 0;
            node = next;
        }

        _nodes[node].Values.Add(value);
        Count += _nodes[node].Value == None ? 1 : 0;
        _nodes[node].Value = value;
    }

    private sealed class Node
    {
        public Dictionary<byte, int> Children { get; } = [];

        public List<int> Values { get; } = [];

        public int Value { get; set; } = None;

        public bool InEscape { get; set; }
    }
}
