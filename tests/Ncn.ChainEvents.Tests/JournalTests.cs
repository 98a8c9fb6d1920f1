using Azure.Data.Tables;
using Ncn.Chain.Transactions;
using Ncn.ChainEvents.Storage;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Tests;

/// <summary>The operator's transactions in a table.</summary>
[Collection(Ground.Name)]
public sealed class JournalTests(Ground ground)
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Address Key = Address.Parse("0x00000000000000000000000000000000000000c1");
    private readonly string _table = "j" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task What_was_appended_is_there_in_order_however_large()
    {
        await using var journal = new TableTransactionJournal(TableAsync);
        Assert.Empty(await journal.OpenAsync(Key, 1, None));
        TransactionRecord[] records = [Signed("a", 0, 200_000), new TransactionRecord.Sent(new PurposeId("a"), 5), Signed("b", 1, 10)];
        foreach (var record in records)
        {
            await journal.AppendAsync(record, None);
        }

        var read = await new TableTransactionJournal(TableAsync).OpenAsync(Key, 1, None);
        Assert.Equal(records.Select(Json), read.Select(Json));
        Assert.Empty(await new TableTransactionJournal(TableAsync).OpenAsync(Key, 2, None));
    }

    [Fact]
    public async Task Who_opens_it_last_has_it_and_the_one_before_can_sign_nothing_until_it_opens_it_again()
    {
        await using var before = new TableTransactionJournal(TableAsync);
        await using var after = new TableTransactionJournal(TableAsync);
        await before.OpenAsync(Key, 1, None);
        await before.AppendAsync(Signed("a", 0, 10), None);
        Assert.Single(await after.OpenAsync(Key, 1, None));

        await Assert.ThrowsAsync<JournalInUseException>(() => before.AppendAsync(Signed("b", 1, 10), None));
        await after.AppendAsync(Signed("c", 1, 10), None);

        Assert.Equal(["a", "c"], (await before.OpenAsync(Key, 1, None)).Select(static record => record.Purpose.ToString()));
    }

    [Fact]
    public async Task What_is_finished_is_kept_in_one_record_and_what_was_dropped_in_none()
    {
        await using var journal = new TableTransactionJournal(TableAsync);
        await journal.OpenAsync(Key, 1, None);
        var inclusion = new Inclusion(default, 9, default, true);
        var digest = Signed("a", 0, 10).Transaction.Hash;
        foreach (var record in (TransactionRecord[])[
            Signed("a", 0, 10), new TransactionRecord.Mined(new PurposeId("a"), inclusion), new TransactionRecord.Final(new PurposeId("a"), digest, 0, inclusion),
            Signed("b", 1, 10), new TransactionRecord.Dropped(new PurposeId("b")), Signed("c", 1, 10)])
        {
            await journal.AppendAsync(record, None);
        }

        await journal.OpenAsync(Key, 1, None);

        var rows = new List<string>();
        await foreach (var entity in (await TableAsync()).QueryAsync<TableEntity>())
        {
            rows.Add(entity.RowKey);
        }

        Assert.Equal(3, rows.Count);
        Assert.Equal(["a", "c"], (await journal.OpenAsync(Key, 1, None)).Select(static record => record.Purpose.ToString()));
    }

    private static TransactionRecord.Signed Signed(string purpose, ulong nonce, int bytes) => new(
        new PurposeId(purpose), new TransactionCall(Key, new HexBytes(new byte[bytes / 2]), "a call"), 21_000,
        new SignedTransaction(nonce, default, new HexBytes(new byte[bytes / 2]), new FeeBid(1, 1)));

    private static string Json(TransactionRecord record) => System.Text.Encoding.UTF8.GetString(record.ToJson());

    private async Task<TableClient> TableAsync()
    {
        var table = new TableClient(ground.Tables, _table);
        await table.CreateIfNotExistsAsync();
        return table;
    }
}
