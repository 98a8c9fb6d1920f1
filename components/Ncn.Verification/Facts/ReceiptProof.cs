using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>A receipt that is shown to be in a gateway's commitment.</summary>
/// <param name="Gateway">Who committed.</param>
/// <param name="Period">For which period.</param>
/// <param name="Index">Its place in the list.</param>
/// <param name="Siblings">The way up to the root (<see cref="MerkleTree.Proof"/>); at most <see cref="MostSiblings"/>.</param>
public sealed record ReceiptProof(Address Gateway, ulong Period, uint Index, ReceiptLeaf Leaf, ImmutableArray<Hash32> Siblings)
{
    /// <summary>Longest way up: a list has at most <see cref="ReceiptList.MaxCount"/> receipts.</summary>
    public const int MostSiblings = 20;

    /// <summary>True when it is under the root.</summary>
    public bool IsUnder(Hash32 root) => Siblings.Length <= MostSiblings && MerkleTree.IsProven(Leaf.Hash(Index), Siblings, root);

    /// <summary>A receipt with its way up.</summary>
    public static ReceiptProof Of(Address gateway, ulong period, IReadOnlyList<ReceiptLeaf> leaves, int index) => Of(gateway, period, leaves, [index]).Single();

    /// <summary>Several receipts of a list with their ways up.</summary>
    public static IEnumerable<ReceiptProof> Of(Address gateway, ulong period, IReadOnlyList<ReceiptLeaf> leaves, IReadOnlyList<int> indices)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        ArgumentNullException.ThrowIfNull(indices);
        var proofs = MerkleTree.Proofs([.. leaves.Select(static (leaf, i) => leaf.Hash((uint)i))], indices);
        return indices.Zip(proofs, (index, siblings) => new ReceiptProof(gateway, period, (uint)index, leaves[index], [.. siblings]));
    }

    /// <summary>What is wrong with a list that a gateway shows for its commitment; null when nothing is. A wrong list is judged <see cref="Finding.Withheld"/>.</summary>
    /// <param name="earlier">Receipts of the gateway's lists before, as far as they are known: no receipt counts twice.</param>
    public static string? Problem(IReadOnlyList<ReceiptLeaf> leaves, Hash32 root, uint count, TokenAmount total, IReadOnlySet<Hash32>? earlier = null)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        return leaves.Count != count ? $"the list has {leaves.Count} receipts and {count} were committed to"
            : leaves.DistinctBy(static leaf => leaf.Digest).Count() != leaves.Count ? "a receipt is in the list twice"
            : earlier is not null && leaves.Any(leaf => earlier.Contains(leaf.Digest)) ? "a receipt was in an earlier list"
            : leaves.Aggregate(TokenAmount.Zero, static (sum, leaf) => TokenAmount.AddOrMost(sum, leaf.Price)) != total ? "the prices do not come to the total that was committed to"
            : ReceiptList.Root(leaves) != root ? "the list has another root than the commitment"
            : null;
    }

    /// <summary>
    /// True when a receipt's own time is within two periods of its list's: one that is shown again later is judged <see cref="Finding.Withheld"/>, and one that
    /// is shown again at once is in an earlier list.
    /// </summary>
    public static bool IsTimely(Receipt receipt, ulong period, VerificationRules rules)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        ArgumentNullException.ThrowIfNull(rules);
        var of = receipt.FinishedAt / rules.PeriodMs;
        return Math.Max(of, period) - Math.Min(of, period) <= 2;
    }

    internal CanonicalWriter Write(CanonicalWriter writer) =>
        Write(writer.Address(Gateway).Number(Period).Number(Index), Leaf).Items8(Siblings, static (w, sibling) => w.Word(sibling));

    internal static ReceiptProof Read(ref FormReader reader) => new(
        reader.Address(), reader.Number(), reader.Number32(), ReadLeaf(ref reader), [.. reader.Items8(MostSiblings, static (ref FormReader r) => r.Word())]);

    internal static CanonicalWriter Write(CanonicalWriter writer, ReceiptLeaf leaf) => writer.Address(leaf.Node).Word(leaf.Digest).Amount(leaf.Price);

    internal static ReceiptLeaf ReadLeaf(ref FormReader reader) => new(reader.Address(), reader.Word(), reader.Amount());
}
