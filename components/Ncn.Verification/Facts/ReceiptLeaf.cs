using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>What a gateway's list says of one receipt, and what is hashed into the tree under its commitment.</summary>
/// <param name="Index">Its place in the list, from 0.</param>
/// <param name="Node">Whose work it is.</param>
/// <param name="Payer">Who paid the gateway for it; zero when nobody did.</param>
/// <param name="Model">What the node says that it loaded.</param>
/// <param name="Price">What the node charges, atomic units; as in the receipt.</param>
/// <param name="Receipt"><see cref="Protocol.Receipt.StructHash"/>.</param>
public sealed record ReceiptLeaf(uint Index, Address Node, Address Payer, ModelDigest Model, TokenAmount Price, Hash32 Receipt)
{
    /// <summary>Bytes that are hashed.</summary>
    public const int Size = 1 + 4 + (2 * Address.Size) + (2 * Hash32.Size) + 16;

    private const byte Tag = 5;

    /// <summary>keccak-256(5 ‖ index ‖ node ‖ payer ‖ model ‖ price ‖ receipt), numbers big-endian in 4 and 16 bytes.</summary>
    public Hash32 Hash => Keccak256.Of(Write(new FormWriter().Byte(Tag)).Written);

    /// <summary>Of a receipt.</summary>
    public static ReceiptLeaf Of(uint index, Receipt receipt, Address payer)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        return new ReceiptLeaf(index, receipt.Node, payer, receipt.ModelDigest, receipt.Price, receipt.StructHash());
    }

    internal FormWriter Write(FormWriter writer) => writer.Number(Index).Address(Node).Address(Payer).Word(Model.Value).Amount(Price).Word(Receipt);

    internal static ReceiptLeaf Read(ref FormReader reader) =>
        new(reader.Number32(), reader.Address(), reader.Address(), new ModelDigest(reader.Word()), reader.Amount(), reader.Word());
}

/// <summary>A receipt that is shown to be in a gateway's commitment.</summary>
/// <param name="Gateway">Who committed.</param>
/// <param name="Period">For which period.</param>
/// <param name="Siblings">The way up to the root (<see cref="MerkleTree.Proof"/>); at most 32.</param>
public sealed record ReceiptProof(Address Gateway, ulong Period, ReceiptLeaf Leaf, ImmutableArray<Hash32> Siblings)
{
    /// <summary>Longest way up: a list has fewer than 2^32 receipts.</summary>
    public const int MostSiblings = 32;

    /// <summary>True when it is under the root.</summary>
    public bool IsUnder(Hash32 root) => Siblings.Length <= MostSiblings && MerkleTree.IsProven(Leaf.Hash, Siblings, root);

    internal FormWriter Write(FormWriter writer) => Siblings.Aggregate(
        Leaf.Write(writer.Address(Gateway).Number(Period)).Byte((byte)Siblings.Length), static (all, sibling) => all.Word(sibling));

    internal static ReceiptProof Read(ref FormReader reader)
    {
        var (gateway, period, leaf) = (reader.Address(), reader.Number(), ReceiptLeaf.Read(ref reader));
        var siblings = ImmutableArray.CreateBuilder<Hash32>();
        for (var left = reader.Count8(MostSiblings); left > 0; left--)
        {
            siblings.Add(reader.Word());
        }

        return new ReceiptProof(gateway, period, leaf, siblings.ToImmutable());
    }
}

/// <summary>All receipts of a gateway's period, in the order of their indices.</summary>
public static class ReceiptList
{
    /// <summary>What a gateway commits to; zero for an empty list.</summary>
    public static Hash32 Root(IReadOnlyList<ReceiptLeaf> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        return MerkleTree.Root([.. leaves.Select(static leaf => leaf.Hash)]);
    }

    /// <summary>A receipt with its way up to the root.</summary>
    public static ReceiptProof Prove(Address gateway, ulong period, IReadOnlyList<ReceiptLeaf> leaves, int index)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        return new ReceiptProof(gateway, period, leaves[index], [.. MerkleTree.Proof([.. leaves.Select(static leaf => leaf.Hash)], index)]);
    }

    /// <summary>What is wrong with a list that a gateway shows for its commitment; null when nothing is. A wrong list is judged <see cref="Finding.Withheld"/>.</summary>
    public static string? Problem(IReadOnlyList<ReceiptLeaf> leaves, Hash32 root, uint count, TokenAmount total)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        var isOrdered = leaves.Select(static (leaf, i) => leaf.Index == (uint)i).All(static holds => holds);
        return leaves.Count != count ? $"the list has {leaves.Count} receipts and {count} were committed to"
            : !isOrdered ? "the list is not in the order of its indices"
            : leaves.DistinctBy(static leaf => leaf.Receipt).Count() != leaves.Count ? "a receipt is in the list twice"
            : leaves.Aggregate(TokenAmount.Zero, static (sum, leaf) => TokenAmount.AddOrMost(sum, leaf.Price)) != total ? "the prices do not come to the total that was committed to"
            : Root(leaves) != root ? "the list has another root than the commitment"
            : null;
    }
}
