using Ncn.ComputeWorker.Payments;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Tests.Payments;

public sealed class VoucherLedgerTests : IDisposable
{
    private static readonly Signer Payer = new(Keccak256.Hash([1]));
    private static readonly Signer Node = new(Keccak256.Hash([2]));
    private static readonly Eip712Domain Domain = Eip712Domain.Payments(1, Node.Address);
    private static readonly ChannelConfig Config = NodeChannel.Config(Payer.Address, Node.Address, Payer.Address);
    private static readonly ChannelId Channel = Config.Id(Domain);

    private readonly string _folder = Directory.CreateTempSubdirectory("ncn-ledger-").FullName;

    private string File => Path.Combine(_folder, "apps", "vouchers.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_was_reserved_and_charged_is_there_after_a_restart()
    {
        using (var ledger = VoucherLedger.Open(File))
        {
            await ReserveAsync(ledger, "a", 100, total: 100);
            await ReserveAsync(ledger, "b", 50, total: 150);
            await ChargeAsync(ledger, "a", 70);
        }

        using var again = VoucherLedger.Open(File);
        VoucherAccount account = again.Channels[Channel];
        Assert.Equal((70ul, 50ul, 150ul), ((ulong)account.State.Charged.Units, (ulong)account.State.Reserved.Units, (ulong)account.State.VoucherMax.Units));
        Assert.Equal(new TokenAmount(70), account.LastReceipt?.Message.Cumulative);
        Assert.True(account.LastReceipt!.IsSignedBy(Node.Address, Domain));
        Assert.True(new SignedVoucher(account.State.Config!, account.State.VoucherMax, account.State.VoucherSignature!.Value).IsAuthentic(Domain));
        Assert.Equal(ChannelOutcome.AlreadyCharged, await ReserveAsync(again, "a", 1, total: 1000));
    }

    [Fact]
    public async Task What_a_dead_process_held_is_released_and_stays_so()
    {
        using (var ledger = VoucherLedger.Open(File))
        {
            await ReserveAsync(ledger, "a", 100, total: 100);
            await ReserveAsync(ledger, "b", 50, total: 150);
            await ChargeAsync(ledger, "a", 70);
        }

        using (var ledger = VoucherLedger.Open(File))
        {
            ledger.ReleaseLostJobs();
            Assert.Equal(TokenAmount.Zero, ledger.Channels[Channel].State.Reserved);
            Assert.Equal(ChannelOutcome.Accepted, await ReserveAsync(ledger, "b", 80, total: 150));
            await ChargeAsync(ledger, "b", 80);
        }

        using var again = VoucherLedger.Open(File);
        Assert.Equal(new TokenAmount(150), again.Channels[Channel].State.Charged);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(300)]
    public async Task A_torn_last_line_is_cut_off_and_writing_goes_on(int torn)
    {
        using (var ledger = VoucherLedger.Open(File))
        {
            await ReserveAsync(ledger, "a", 100, total: 100);
            await ReserveAsync(ledger, "b", 50, total: 150);
        }

        using (FileStream file = System.IO.File.OpenWrite(File))
        {
            file.SetLength(file.Length - torn);
        }

        using (var ledger = VoucherLedger.Open(File))
        {
            Assert.Equal(new TokenAmount(100), ledger.Channels[Channel].State.Reserved);
            await ReserveAsync(ledger, "c", 10, total: 110);
        }

        using var again = VoucherLedger.Open(File);
        Assert.Equal(new TokenAmount(110), again.Channels[Channel].State.Reserved);
    }

    [Fact]
    public async Task A_damaged_line_before_others_is_refused_not_skipped()
    {
        using (var ledger = VoucherLedger.Open(File))
        {
            await ReserveAsync(ledger, "a", 100, total: 100);
            await ReserveAsync(ledger, "b", 50, total: 150);
        }

        byte[] content = await System.IO.File.ReadAllBytesAsync(File);
        content[100] ^= 1;
        await System.IO.File.WriteAllBytesAsync(File, content);
        Assert.Throws<InvalidDataException>(() => VoucherLedger.Open(File));
    }

    [Fact]
    public async Task A_long_file_is_rewritten_and_says_the_same()
    {
        using (var ledger = VoucherLedger.Open(File))
        {
            await ReserveAsync(ledger, "a", 100, total: 100);
            await ChargeAsync(ledger, "a", 30);
        }

        (LedgerLog log, IReadOnlyList<LedgerLine> lines) = LedgerLog.Open(File);
        log.Dispose();
        LedgerLog.Replace(File, Enumerable.Repeat(lines[^1], 10_000).Prepend(lines[0]));
        using (var compacted = VoucherLedger.Open(File))
        {
            Assert.Equal(new TokenAmount(30), compacted.Channels[Channel].State.Charged);
        }

        Assert.InRange(new FileInfo(File).Length, 1, 10_000);
        using var again = VoucherLedger.Open(File);
        Assert.Equal(new TokenAmount(30), again.Channels[Channel].State.Charged);
        Assert.NotNull(again.Channels[Channel].LastReceipt);
        Assert.Equal(ChannelOutcome.AlreadyCharged, await ReserveAsync(again, "a", 1, total: 1000));
    }

    [Fact]
    public async Task A_charge_above_its_reservation_gives_no_receipt()
    {
        using var ledger = VoucherLedger.Open(File);
        await ReserveAsync(ledger, "a", 100, total: 100);
        (ChannelResult result, Signed<Receipt>? receipt) = await ChargeAsync(ledger, "a", 101);
        Assert.Equal(ChannelOutcome.ExceedsReservation, result.Outcome);
        Assert.Null(receipt);
    }

    private static async Task<ChannelOutcome> ReserveAsync(VoucherLedger ledger, string key, ulong amount, ulong total)
    {
        SignedVoucher voucher = SignedVoucher.Create(Config, new TokenAmount(total), Payer, Domain);
        var reserve = new ChannelInput.Reserve(1, key, voucher, new TokenAmount(amount), new ChannelFunds(new TokenAmount(10_000), default), 1_000_000);
        return (await ledger.ApplyAsync(Channel, reserve)).Outcome;
    }

    private static Task<(ChannelResult Result, Signed<Receipt>? Receipt)> ChargeAsync(VoucherLedger ledger, string key, ulong amount) =>
        ledger.ChargeAsync(Channel, new ChannelInput.Charge(2, key, new TokenAmount(amount)), total => Node.Sign(
            new Receipt(default, 0, Node.Address, Payer.Address, default, default, default, 1, 2, 3, new TokenAmount(amount), Channel, total, default, 1, 2), Domain));
}
