using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.Chain.Tests.Transactions;

/// <summary>The journal on a disk.</summary>
public sealed class FileJournalTests : IDisposable
{
    private const ulong ChainId = 7;
    private static readonly Address Key = Address.Parse("0x00000000000000000000000000000000000000aa");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ncn-journal-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_was_appended_is_read_again()
    {
        TransactionRecord[] records = [Ledgers.Signed("a", 3), new TransactionRecord.Sent(new("a"), 12), new TransactionRecord.Mined(new("a"), Ledgers.In(5, 3))];
        await AppendAsync(records);

        Assert.Equal(records.Select(Text), (await ReadAsync()).Select(Text));
    }

    [Fact]
    public async Task A_torn_last_line_is_cut_off_and_a_damaged_earlier_one_is_refused()
    {
        await AppendAsync(Ledgers.Signed("a", 3), Ledgers.Signed("b", 4));
        var lines = await File.ReadAllTextAsync(PathOf());
        await File.WriteAllTextAsync(PathOf(), lines[..^20]);
        Assert.Equal("a", Assert.Single(await ReadAsync()).Purpose.ToString());

        await File.WriteAllTextAsync(PathOf(), "{}\n" + lines);
        var damaged = await Assert.ThrowsAsync<FormatException>(ReadAsync);
        Assert.Contains("Line 1", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_journals_of_one_key_are_refused_and_of_two_keys_are_not()
    {
        await using var first = new FileTransactionJournal(_folder.FullName);
        await using var second = new FileTransactionJournal(_folder.FullName);
        await first.OpenAsync(Key, ChainId, default);

        var refused = await Assert.ThrowsAsync<JournalInUseException>(() => second.OpenAsync(Key, ChainId, default));
        Assert.Contains(Key.ToString(), refused.Message, StringComparison.Ordinal);
        await second.OpenAsync(Address.Zero, ChainId, default);

        await first.DisposeAsync();
        await using var third = new FileTransactionJournal(_folder.FullName);
        await third.OpenAsync(Key, ChainId, default);
    }

    [Fact]
    public async Task A_file_that_grows_is_compacted_without_being_opened_anew_and_loses_nothing()
    {
        await using (var journal = new FileTransactionJournal(_folder.FullName, compactAtBytes: 4_096))
        {
            await journal.OpenAsync(Key, ChainId, default);
            await journal.AppendAsync(Ledgers.Signed("open", 0), default);
            for (ulong round = 1; round <= 200; round++)
            {
                await journal.AppendAsync(Ledgers.Signed("lost", round), default);
                await journal.AppendAsync(new TransactionRecord.Dropped(new("lost")), default);
            }
        }

        Assert.InRange(new FileInfo(PathOf()).Length, 1, 8_192);
        Assert.Equal([Text(Ledgers.Signed("open", 0))], (await ReadAsync()).Select(Text));
    }

    [Fact]
    public async Task Opening_forgets_what_is_dropped_and_keeps_one_line_of_what_is_final()
    {
        await AppendAsync(
            Ledgers.Signed("done", 1), new TransactionRecord.Sent(new("done"), 1), Ledgers.Final("done", 1), Ledgers.Signed("lost", 2),
            new TransactionRecord.Replaced(new("lost"), 9, 9), new TransactionRecord.Dropped(new("lost")), Ledgers.Signed("open", 3));

        var kept = await ReadAsync();

        Assert.Equal(["done", "open"], kept.Select(record => record.Purpose.ToString()));
        Assert.Equal(2, (await File.ReadAllLinesAsync(PathOf())).Length);
        Assert.Equal([3UL], TransactionLedger.Restore(kept).Live.Keys);
    }

    private string PathOf() => Path.Combine(_folder.FullName, $"{ChainId}-{Key}.journal");

    private static string Text(TransactionRecord record) => System.Text.Encoding.UTF8.GetString(record.ToJson());

    private async Task AppendAsync(params TransactionRecord[] records)
    {
        await using var journal = new FileTransactionJournal(_folder.FullName);
        await journal.OpenAsync(Key, ChainId, default);
        foreach (var record in records)
        {
            await journal.AppendAsync(record, default);
        }
    }

    private async Task<IReadOnlyList<TransactionRecord>> ReadAsync()
    {
        await using var journal = new FileTransactionJournal(_folder.FullName);
        return await journal.OpenAsync(Key, ChainId, default);
    }
}
