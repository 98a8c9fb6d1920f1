using System.Diagnostics.CodeAnalysis;
using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>
/// Durable rows in bytes, in frames like those of messages. What is read was checked before it was written, so signatures are not checked
/// again: that the bytes are those that were written is the log's to know.
/// </summary>
public static class RowForm
{
    /// <summary>A row in one frame.</summary>
    public static byte[] Write(DurableRow row, Hash32 network)
    {
        ArgumentNullException.ThrowIfNull(row);
        var payload = new CanonicalWriter();
        switch (row)
        {
            case DurableRow.OfBlock of:
                BlockForm.Write(payload, ClaimedBlock.Of(of.Block));
                return WireHead.Frame(WireKind.RowOfBlock, network, of.Block.Header.Epoch, payload);
            case DurableRow.OfCertificate of:
                VoteForm.Write(payload, of.Certificate.ToCertificate());
                return WireHead.Frame(WireKind.RowOfCertificate, network, of.Certificate.Epoch, payload);
            case DurableRow.OfEpoch of:
                VoteForm.Write(payload, of.Proof.Finalization.ToCertificate());
                BlockForm.Write(payload, [.. of.Proof.Blocks.Select(ClaimedBlock.Of)]);
                return WireHead.Frame(WireKind.RowOfEpoch, network, of.Proof.Finalization.Epoch, payload);
            default:
                throw new ArgumentException($"A {row.GetType().Name} has no form on the disk.", nameof(row));
        }
    }

    /// <summary>Reads a whole frame. Total, like <see cref="WireForm.TryRead"/>.</summary>
    /// <param name="sets">The set of an epoch, which its certificates are of; null for one that is not known.</param>
    /// <param name="reason">What is wrong with it.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> frame, Hash32 network, Func<ulong, ValidatorSet?> sets, [NotNullWhen(true)] out DurableRow? row, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(sets);
        row = null;
        if (!WireHead.TryRead(frame, network, out var head, out reason))
        {
            return false;
        }

        var reader = new WireReader(frame[WireHead.Size..]);
        reader.Require(reader.Left == head.PayloadBytes, "the row's length is not what its head says");
        row = Read(ref reader, head, sets);
        reader.End();
        reason = reader.Reason ?? (row is null ? "the row's parts do not hang together, or the set of its epoch is not known" : null);
        row = reason is null ? row : null;
        return row is not null;
    }

    private static DurableRow? Read(ref WireReader reader, WireHead head, Func<ulong, ValidatorSet?> sets)
    {
        switch (head.Kind)
        {
            case WireKind.RowOfBlock:
                return Trust(ref reader, BlockForm.Read(ref reader, head)) is { } block ? new DurableRow.OfBlock(block) : null;
            case WireKind.RowOfCertificate:
                return Trust(ref reader, VoteForm.ReadCertificate(ref reader, head.Epoch), sets) is { } certificate ? new DurableRow.OfCertificate(certificate) : null;
            case WireKind.RowOfEpoch:
                var finalization = Trust(ref reader, VoteForm.ReadCertificate(ref reader, head.Epoch), sets);
                var blocks = ReadBlocks(ref reader, head);
                return finalization is not null && VerifiedEpochProof.Of(finalization, blocks) is { } proof ? new DurableRow.OfEpoch(proof) : null;
            default:
                reader.Fail("a frame of this kind is not a row");
                return null;
        }
    }

    private static ImmutableArray<Block> ReadBlocks(ref WireReader reader, WireHead head)
    {
        var read = ImmutableArray.CreateBuilder<Block>();
        foreach (var claimed in BlockForm.ReadAll(ref reader, head, WireLimits.EpochBlocks))
        {
            if (Trust(ref reader, claimed) is { } block)
            {
                read.Add(block);
            }
        }

        return read.ToImmutable();
    }

    // What could not be read has holes in it.
    private static Block? Trust(ref WireReader reader, ClaimedBlock claimed)
    {
        var block = reader.Reason is null ? claimed.Trust() : null;
        reader.Require(block is not null, "a block's header is not of its operations");
        return block;
    }

    private static VerifiedCertificate? Trust(ref WireReader reader, Certificate certificate, Func<ulong, ValidatorSet?> sets) =>
        reader.Reason is null && sets(certificate.Vote.Epoch) is { } set && certificate.Signers.Bits >> set.Members.Length == 0
            ? VerifiedCertificate.Of(certificate.Signers.Members().Zip(certificate.Signatures, (signer, signature) => VerifiedVote.Trust(certificate.Vote, signer, signature)), set)
            : null;
}
