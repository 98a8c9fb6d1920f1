using System.Buffers.Binary;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>A receipt in a gateway's list of a period.</summary>
/// <param name="Node">Who ran it.</param>
/// <param name="Digest"><see cref="Receipt.StructHash"/>.</param>
/// <param name="Price">What the node charged, atomic units.</param>
public sealed record ReceiptLeaf(Address Node, Hash32 Digest, TokenAmount Price)
{
    private const byte Tag = 0x06;
    private const int Size = 1 + 4 + Address.Size + Hash32.Size + 16;

    /// <summary>The leaf of a receipt.</summary>
    public static ReceiptLeaf Of(Receipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        return new ReceiptLeaf(receipt.Node, receipt.StructHash(), receipt.Price);
    }

    /// <summary>
    /// keccak-256(6 ‖ index as uint32 big-endian ‖ node ‖ digest ‖ price as uint128 big-endian). The index is in it because the tree's nodes hash
    /// their children in ascending order: without it a list could be shown in another order under the same root, once the beacon is known.
    /// </summary>
    public Hash32 Hash(uint index)
    {
        Span<byte> preimage = stackalloc byte[Size];
        preimage[0] = Tag;
        BinaryPrimitives.WriteUInt32BigEndian(preimage[1..], index);
        Node.CopyTo(preimage[5..]);
        Digest.CopyTo(preimage[(5 + Address.Size)..]);
        BinaryPrimitives.WriteUInt128BigEndian(preimage[(5 + Address.Size + Hash32.Size)..], Price.Units);
        return Keccak256.Of(preimage);
    }
}

/// <summary>A gateway's receipts of one period, in the order that was committed.</summary>
public static class ReceiptList
{
    /// <summary>Most receipts of a period; what is beyond is not listed.</summary>
    public const int MaxCount = 1_000_000;

    /// <summary>The root that is committed: a <see cref="MerkleTree"/> over the leaves' hashes; zero for none.</summary>
    public static Hash32 Root(IReadOnlyList<ReceiptLeaf> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        return MerkleTree.Root([.. leaves.Select(static (leaf, index) => leaf.Hash((uint)index))]);
    }

    /// <summary>The sum of the prices, atomic units.</summary>
    public static TokenAmount Total(IEnumerable<ReceiptLeaf> leaves) => leaves.Aggregate(TokenAmount.Zero, static (sum, leaf) => sum + leaf.Price);

    /// <summary>What each node charged, by ascending address.</summary>
    public static IReadOnlyList<NodeFees> Fees(IEnumerable<ReceiptLeaf> leaves) =>
    [
        .. leaves.GroupBy(static leaf => leaf.Node).OrderBy(static node => node.Key)
            .Select(static node => new NodeFees(node.Key, (uint)node.Count(), Total(node))),
    ];
}

/// <summary>What a node charged in a period.</summary>
/// <param name="Count">Receipts.</param>
/// <param name="Total">Atomic units.</param>
public sealed record NodeFees(Address Node, uint Count, TokenAmount Total);

/// <summary>A page of a gateway's list: the answer of <c>GET /ncn/v1/receipts/{period}?from={index}</c>.</summary>
/// <param name="Root">The root of the whole list, as it was committed.</param>
/// <param name="Count">Of the whole list.</param>
/// <param name="Total">Of the whole list, atomic units.</param>
/// <param name="From">The index of the page's first leaf; the next page is from here and the number of leaves, until all are there.</param>
/// <param name="Leaves">At most <see cref="MaxLeaves"/>.</param>
/// <param name="Fees">Of the whole list, by node: on the first page; empty on others.</param>
public sealed record ReceiptPage(
    Address Gateway, ulong Period, Hash32 Root, uint Count, TokenAmount Total, uint From, IReadOnlyList<ReceiptLeaf> Leaves, IReadOnlyList<NodeFees> Fees)
{
    /// <summary>Most leaves of a page.</summary>
    public const int MaxLeaves = 4096;
}
