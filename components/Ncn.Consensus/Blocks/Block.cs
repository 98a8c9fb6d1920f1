using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus;

/// <summary>What a block is for (rule V9).</summary>
public enum BlockKind
{
    /// <summary>Carries operations.</summary>
    Normal = 1,

    /// <summary>The last block of its epoch that carries operations; names the next set.</summary>
    EpochEnd = 2,

    /// <summary>Comes after EpochEnd until that is final: empty, of the same height and roots as its parent, never delivered.</summary>
    Tail = 3,
}

/// <summary>What a block's execution comes to.</summary>
/// <param name="State">Of the ledger after the block.</param>
/// <param name="Receipts">Merkle root over the receipts' roots that were committed so far in the epoch.</param>
/// <param name="Rewards">Merkle root over rewards, penalties and pardons, for the contract.</param>
/// <param name="NextSet">Hash of the set that votes next; zero in every block but EpochEnd and its tail.</param>
public readonly record struct LedgerRoots(Hash32 State, Hash32 Receipts, Hash32 Rewards, Hash32 NextSet);

/// <summary>What the proposer knew of the world outside.</summary>
/// <param name="ChainNumber">Number of the chain's newest final block that the proposer had seen.</param>
/// <param name="ChainHash">Its hash.</param>
/// <param name="Reveal">The next preimage of the proposer's hash chain (rule K2); zero without one.</param>
/// <param name="Time">Unix milliseconds, not below the parent's.</param>
public readonly record struct BlockContext(ulong ChainNumber, Hash32 ChainHash, Hash32 Reveal, ulong Time);

/// <summary>A block without its operations (rule B1).</summary>
/// <param name="Network">Salt of the vote domain: which network's ledger this is.</param>
/// <param name="View">Inside the hash: the same content in another view is another block.</param>
/// <param name="ParentView">0 for a child of the epoch's anchor.</param>
/// <param name="Height">Of the ledger; a tail has its parent's.</param>
/// <param name="Proposer">Its place in the set.</param>
/// <param name="Body">Merkle root over the operations' hashes.</param>
public sealed record BlockHeader(
    Hash32 Network, ulong Epoch, ulong View, ulong ParentView, Hash32 ParentHash, ulong Height, BlockKind Kind, int Proposer,
    Hash32 Body, LedgerRoots Roots, BlockContext Context)
{
    private const byte HeaderTag = 1;

    /// <summary>keccak-256(1 ‖ members in order).</summary>
    public Hash32 Hash() => Keccak256.Of(new CanonicalWriter()
        .Byte(HeaderTag).Word(Network).Number(Epoch).Number(View).Number(ParentView).Word(ParentHash).Number(Height).Byte((byte)Kind).Number((uint)Proposer)
        .Word(Body).Word(Roots.State).Word(Roots.Receipts).Word(Roots.Rewards).Word(Roots.NextSet)
        .Number(Context.ChainNumber).Word(Context.ChainHash).Word(Context.Reveal).Number(Context.Time).Written);
}

/// <summary>A block. Its hash covers its operations, so that whoever holds a hash can tell a false one.</summary>
public sealed class Block
{
    private Block(BlockHeader header, ImmutableArray<SignedOperation> operations) => (Header, Operations, Hash) = (header, operations, header.Hash());

    public BlockHeader Header { get; }

    public ImmutableArray<SignedOperation> Operations { get; }

    /// <summary>Of the header.</summary>
    public Hash32 Hash { get; }

    public ulong View => Header.View;

    public ulong Height => Header.Height;

    /// <summary>Puts header and operations together; null when the header is not of these operations.</summary>
    public static Block? Of(BlockHeader header, ImmutableArray<SignedOperation> operations)
    {
        ArgumentNullException.ThrowIfNull(header);
        return header.Body == BodyRoot(operations) ? new Block(header, operations) : null;
    }

    /// <summary>Merkle root over the operations' hashes, in their order.</summary>
    public static Hash32 BodyRoot(IEnumerable<SignedOperation> operations) => MerkleTree.Root([.. operations.Select(static operation => operation.Hash)]);

    public override string ToString() => $"{Header.Kind} block of height {Height} in view {View}";
}

/// <summary>What the child of a block must know of it.</summary>
/// <param name="View">0 for the anchor of an epoch.</param>
public sealed record Ancestor(Hash32 Hash, ulong View, ulong Height, BlockKind Kind, LedgerRoots Roots, BlockContext Context)
{
    internal static Ancestor Of(Block block) => new(block.Hash, block.View, block.Height, block.Header.Kind, block.Header.Roots, block.Header.Context);
}

/// <summary>What a leader adds to a header, from the ledger.</summary>
public sealed record BlockContent(ImmutableArray<SignedOperation> Operations, LedgerRoots Roots, BlockContext Context);
