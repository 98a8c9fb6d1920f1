using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>Bytes of blocks: the header's members in the order in which they are hashed, then the operations. Network and epoch are the frame's.</summary>
internal static class BlockForm
{
    private const int HeaderBytes = (8 * 5) + 2 + (32 * 8);

    internal static void Write(CanonicalWriter writer, ClaimedBlock block)
    {
        Write(writer, block.Header);
        Write(writer, block.Operations);
    }

    internal static void Write(CanonicalWriter writer, ImmutableArray<ClaimedBlock> blocks)
    {
        writer.Number((uint)blocks.Length);
        foreach (var block in blocks)
        {
            Write(writer, block);
        }
    }

    internal static void Write(CanonicalWriter writer, ImmutableArray<ClaimedOperation> operations)
    {
        writer.Number((uint)operations.Length);
        foreach (var operation in operations)
        {
            OperationForm.Write(writer, operation);
        }
    }

    internal static ClaimedBlock Read(ref WireReader reader, WireHead head)
    {
        var header = Header(ref reader, head);
        var before = reader.Left;
        var operations = ReadOperations(ref reader, LedgerExecution.MostOperations);
        reader.Require(before - reader.Left <= WireLimits.BodyBytes || reader.Reason is not null, $"a block's operations are longer than {WireLimits.BodyBytes} bytes");
        return new ClaimedBlock(header, operations);
    }

    internal static ImmutableArray<ClaimedBlock> ReadAll(ref WireReader reader, WireHead head, int most) =>
        reader.Items(most, HeaderBytes + 4, "blocks", (ref WireReader block) => Read(ref block, head));

    internal static ImmutableArray<ClaimedOperation> ReadOperations(ref WireReader reader, int most) =>
        reader.Items(most, 1 + 8, "operations", OperationForm.Read);

    private static void Write(CanonicalWriter writer, BlockHeader header) => writer
        .Number(header.View).Number(header.ParentView).Word(header.ParentHash).Number(header.Height).Byte((byte)header.Kind).Byte((byte)header.Proposer)
        .Word(header.Body).Word(header.Roots.State).Word(header.Roots.Receipts).Word(header.Roots.Rewards).Word(header.Roots.NextSet)
        .Number(header.Context.ChainNumber).Word(header.Context.ChainHash).Word(header.Context.Reveal).Number(header.Context.Time);

    private static BlockHeader Header(ref WireReader reader, WireHead head)
    {
        var header = new BlockHeader(
            head.Network, head.Epoch, reader.Number(), reader.Number(), reader.Word(), reader.Number(), (BlockKind)reader.Byte(), reader.Member(),
            reader.Word(), new LedgerRoots(reader.Word(), reader.Word(), reader.Word(), reader.Word()),
            new BlockContext(reader.Number(), reader.Word(), reader.Word(), reader.Number()));
        reader.Require(header.Kind is BlockKind.Normal or BlockKind.EpochEnd or BlockKind.Tail, "a block's kind is unknown");
        reader.Require(header.View is > 0 and < ulong.MaxValue && header.ParentView < header.View, "a block's views are out of range");
        return header;
    }
}
