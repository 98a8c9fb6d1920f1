using Ncn.Consensus.Tests.Network;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Wire;

/// <summary>Rows come back from the disk as what they were.</summary>
public sealed class RowFormTests
{
    [Fact]
    public void Every_row_comes_back()
    {
        var block = WireSample.Block(5, BlockKind.Normal, default, WireSample.Operations);
        Assert.Equal(block.Hash, Assert.IsType<DurableRow.OfBlock>(Read(new DurableRow.OfBlock(block))).Block.Hash);
        var certificate = WireSample.Certificate(VoteKind.Notarize, 5, block.Hash);
        var read = Assert.IsType<DurableRow.OfCertificate>(Read(new DurableRow.OfCertificate(certificate))).Certificate;
        Assert.Equal((certificate.Vote, certificate.Signers), (read.Vote, read.Signers));
        Assert.Equal(certificate.Votes.Select(static vote => vote.Signature), read.Votes.Select(static vote => vote.Signature));
        Assert.Equal(WireSample.Proof().End.Hash, Assert.IsType<DurableRow.OfEpoch>(Read(new DurableRow.OfEpoch(WireSample.Proof()))).Proof.End.Hash);
    }

    [Fact]
    public void A_certificate_of_an_epoch_whose_set_is_not_known_is_not_read()
    {
        var frame = RowForm.Write(new DurableRow.OfCertificate(WireSample.Certificate(VoteKind.Nullify, 5)), Sample.NetworkSalt);
        Assert.False(RowForm.TryRead(frame, Sample.NetworkSalt, static _ => null, out _, out var reason));
        Assert.Contains("set of its epoch", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_row_with_another_operation_is_not_read()
    {
        var frame = RowForm.Write(new DurableRow.OfBlock(WireSample.Block(5, BlockKind.Normal, default, WireSample.Operations[7])), Sample.NetworkSalt);
        frame[^1] ^= 1;
        Assert.False(RowForm.TryRead(frame, Sample.NetworkSalt, static _ => WireSample.Set, out _, out var reason));
        Assert.Contains("not of its operations", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_is_no_row_and_a_row_is_no_message()
    {
        var frame = RowForm.Write(new DurableRow.OfCertificate(WireSample.Certificate(VoteKind.Nullify, 5)), Sample.NetworkSalt);
        Assert.False(WireForm.TryRead(frame, Sample.NetworkSalt, out _, out _));
        frame[1] = (byte)WireKind.Certified;
        Assert.False(RowForm.TryRead(frame, Sample.NetworkSalt, static _ => WireSample.Set, out _, out _));
        Assert.True(WireForm.TryRead(frame, Sample.NetworkSalt, out _, out _));
    }

    private static DurableRow? Read(DurableRow row) =>
        RowForm.TryRead(RowForm.Write(row, Sample.NetworkSalt), Sample.NetworkSalt, static _ => WireSample.Set, out var read, out _) ? read : null;
}
