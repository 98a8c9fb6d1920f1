using Ncn.Coordination.Receipts;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Coordination.Tests.Receipts;

public sealed class ReceiptPeriodsTests
{
    [Fact]
    public void A_period_is_what_the_ledger_counts_and_closes_after_its_grace()
    {
        Assert.Equal(2u, ReceiptPeriods.Of(2_999, 1_000));
        Assert.Equal(3u, ReceiptPeriods.Of(3_000, 1_000));
        Assert.Equal(3_250u, ReceiptPeriods.ClosesAt(2, 1_000, 250));
    }

    [Fact]
    public void A_list_has_each_receipt_once_by_segment_and_place()
    {
        ReceiptRow[] rows = [Row(3, 1, 0), Row(2, 0, 90), Row(1, 0, 0), Row(2, 1, 50), Row(9, 0, 40)];

        var list = ReceiptPeriods.List(rows, new HashSet<Hash32> { Digest(9) });

        Assert.Equal([Digest(1), Digest(2), Digest(3)], list.Select(static row => row.Leaf.Digest));
        Assert.Equal(90u, list[1].Offset);
    }

    [Fact]
    public void Rows_survive_being_written_and_one_that_is_cut_off_is_none()
    {
        ReceiptRow[] rows = [Row(1, 7, 123), Row(2, ushort.MaxValue, ulong.MaxValue)];
        var written = ReceiptRow.WriteAll(rows);

        Assert.Equal(rows, ReceiptRow.ReadAll(written).ToArray());
        Assert.Equal(rows[..1], ReceiptRow.ReadAll(written.AsSpan(0, written.Length - 1)).ToArray());
    }

    [Theory]
    [InlineData(10, 1_000, new ulong[0])]
    [InlineData(3, 1_000, new ulong[] { 5 })]
    [InlineData(10, 25, new ulong[] { 5, 6 })]
    [InlineData(10, 1, new ulong[] { 5, 6 })]
    public void Whole_periods_go_the_oldest_first_and_never_the_last_two(ulong most, ulong mostBytes, ulong[] gone) =>
        Assert.Equal(gone, ReceiptPeriods.Outdated(new ulong[] { 5, 6, 8, 9 }.Select(static period => new KeptPeriod(period, 10)), 9, most, mostBytes));

    private static ReceiptRow Row(byte digest, ushort segment, ulong offset) =>
        new(new ReceiptLeaf(Address.Zero, Digest(digest), new TokenAmount(digest)), segment, offset, 10);

    private static Hash32 Digest(byte number) => Keccak256.Of([number]);
}
