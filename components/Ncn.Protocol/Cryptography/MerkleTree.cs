namespace Ncn.Protocol.Cryptography;

/// <summary>
/// A Merkle tree over keccak-256 whose inner nodes hash their two children in ascending order, so that a proof is a list of siblings
/// without sides: the form that OpenZeppelin's MerkleProof checks on chain, and that the registry's rewards use.
/// </summary>
/// <remarks>
/// 1. The leaves, in the caller's order, are the lowest row. 2. Each pair of neighbours makes a node of the row above: keccak256(smaller ‖
/// greater). 3. A node without a neighbour rises as it is. 4. The row of one node is the root. What is hashed into a leaf must never have
/// 64 bytes, or an inner node could pass for one.
/// </remarks>
public static class MerkleTree
{
    /// <summary>The root; zero for no leaves.</summary>
    public static Hash32 Root(IReadOnlyList<Hash32> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        if (leaves.Count == 0)
        {
            return default;
        }

        Hash32[] row = [.. leaves];
        for (var count = row.Length; count > 1; count = (count + 1) / 2)
        {
            Raise(row, count);
        }

        return row[0];
    }

    /// <summary>The siblings from a leaf up to the root: at most one for each row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no leaf of this index.</exception>
    public static IReadOnlyList<Hash32> Proof(IReadOnlyList<Hash32> leaves, int index) => Proofs(leaves, [index])[0];

    /// <summary>The same of several leaves, for the work of one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no leaf of one of the indices.</exception>
    public static IReadOnlyList<IReadOnlyList<Hash32>> Proofs(IReadOnlyList<Hash32> leaves, IReadOnlyList<int> indices)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        ArgumentNullException.ThrowIfNull(indices);
        foreach (var index in indices)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, leaves.Count, nameof(indices));
        }

        Hash32[] row = [.. leaves];
        int[] places = [.. indices];
        var proofs = indices.Select(static _ => new List<Hash32>()).ToArray();
        for (var count = row.Length; count > 1; count = (count + 1) / 2)
        {
            for (var i = 0; i < places.Length; i++)
            {
                if ((places[i] ^ 1) < count)
                {
                    proofs[i].Add(row[places[i] ^ 1]);
                }

                places[i] /= 2;
            }

            Raise(row, count);
        }

        return proofs;
    }

    /// <summary>True when the siblings lead from the leaf to the root.</summary>
    public static bool IsProven(Hash32 leaf, IEnumerable<Hash32> proof, Hash32 root) => proof.Aggregate(leaf, Pair) == root;

    private static void Raise(Hash32[] row, int count)
    {
        for (var i = 0; i < count; i += 2)
        {
            row[i / 2] = i + 1 < count ? Pair(row[i], row[i + 1]) : row[i];
        }
    }

    private static Hash32 Pair(Hash32 left, Hash32 right)
    {
        Span<byte> both = stackalloc byte[2 * Hash32.Size];
        (left < right ? left : right).CopyTo(both);
        (left < right ? right : left).CopyTo(both[Hash32.Size..]);
        return Keccak256.Of(both);
    }
}
