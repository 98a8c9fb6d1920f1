using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus;

/// <summary>
/// A map from 32 bytes to bytes with one hash over all of it: a binary trie over the keys' bits, in which each leaf stands as high as it
/// can. The shape follows from the keys alone, so equal contents have equal roots, whatever their history; a change costs a path.
/// </summary>
public sealed class StateTrie
{
    private const byte LeafTag = 2;
    private const byte ForkTag = 3;
    private readonly Node? _root;

    private StateTrie(Node? root, int count) => (_root, Count) = (root, count);

    /// <summary>Nothing in it; its root is zero.</summary>
    public static StateTrie Empty { get; } = new(null, 0);

    /// <summary>How many entries there are.</summary>
    public int Count { get; }

    /// <summary>keccak-256(2 ‖ key ‖ value) of a leaf, keccak-256(3 ‖ left ‖ right) of a fork, zero of nothing.</summary>
    public Hash32 Root => _root?.Hash ?? default;

    /// <summary>The entries, ascending by key.</summary>
    public IEnumerable<(Hash32 Key, HexBytes Value)> Entries => Leaves(_root).Select(static leaf => (leaf.Key, leaf.Value));

    /// <summary>All entries at once; a later one with the same key wins.</summary>
    public static StateTrie Of(IEnumerable<(Hash32 Key, HexBytes Value)> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        return entries.Aggregate(Empty, static (trie, entry) => trie.With(entry.Key, entry.Value));
    }

    /// <summary>The value; null for none.</summary>
    public HexBytes? Find(Hash32 key)
    {
        var node = _root;
        for (var depth = 0; node is Fork fork; depth++)
        {
            node = key.IsSet(depth) ? fork.Right : fork.Left;
        }

        return node is Leaf leaf && leaf.Key == key ? leaf.Value : null;
    }

    /// <summary>With the entry, new or changed.</summary>
    public StateTrie With(Hash32 key, HexBytes value) => new(Put(_root, new Leaf(key, value), 0), Find(key) is null ? Count + 1 : Count);

    /// <summary>Without the entry.</summary>
    public StateTrie Without(Hash32 key) => Find(key) is null ? this : new StateTrie(Cut(_root!, key, 0), Count - 1);

    private static Node Put(Node? node, Leaf leaf, int depth) => node switch
    {
        null => leaf,
        Leaf other when other.Key == leaf.Key => leaf,
        Leaf other => Put(other.Key.IsSet(depth) ? new Fork(null, other) : new Fork(other, null), leaf, depth),
        Fork fork when leaf.Key.IsSet(depth) => new Fork(fork.Left, Put(fork.Right, leaf, depth + 1)),
        Fork fork => new Fork(Put(fork.Left, leaf, depth + 1), fork.Right),
        _ => throw new InvalidOperationException("A node is a leaf or a fork."),
    };

    // A leaf that is left alone under a fork rises.
    private static Node? Cut(Node node, Hash32 key, int depth)
    {
        if (node is not Fork fork)
        {
            return null;
        }

        var left = key.IsSet(depth) ? fork.Left : Cut(fork.Left!, key, depth + 1);
        var right = key.IsSet(depth) ? Cut(fork.Right!, key, depth + 1) : fork.Right;
        return (left, right) switch
        {
            (Leaf leaf, null) => leaf,
            (null, Leaf leaf) => leaf,
            _ => new Fork(left, right),
        };
    }

    private static IEnumerable<Leaf> Leaves(Node? node) => node switch
    {
        null => [],
        Leaf leaf => [leaf],
        _ => Leaves(((Fork)node).Left).Concat(Leaves(((Fork)node).Right)),
    };

    private abstract class Node
    {
        internal abstract Hash32 Hash { get; }
    }

    private sealed class Leaf(Hash32 key, HexBytes value) : Node
    {
        internal Hash32 Key => key;

        internal HexBytes Value => value;

        internal override Hash32 Hash { get; } = Keccak256.Of(new CanonicalWriter().Byte(LeafTag).Word(key).Bytes(value.Span).Written);
    }

    private sealed class Fork(Node? left, Node? right) : Node
    {
        private Hash32? _hash;

        internal Node? Left => left;

        internal Node? Right => right;

        // Computed when it is asked for: most forks between two roots are never seen.
        internal override Hash32 Hash => _hash ??= HashOf(left?.Hash ?? default, right?.Hash ?? default);

        private static Hash32 HashOf(Hash32 left, Hash32 right)
        {
            Span<byte> preimage = stackalloc byte[1 + (2 * Hash32.Size)];
            preimage[0] = ForkTag;
            left.CopyTo(preimage[1..]);
            right.CopyTo(preimage[(1 + Hash32.Size)..]);
            return Keccak256.Of(preimage);
        }
    }
}
