using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Storage;

/// <summary>The journal of the operator's transactions in an Azure table, so that an app that was killed goes on wherever it starts again.</summary>
/// <remarks>
/// 1. A key's records are one partition: "head" with the owner's number and the place of the next record, and the records in order.
/// 2. Opening raises the owner's number: whoever had the journal before can append nothing any more, and so can sign nothing. There is
/// no waiting for a dead owner. 3. A record and the head are written in one transaction, against the head's ETag. 4. What a compacted
/// journal does not need is deleted at opening, last records first, so that what is left can be read at any moment.
/// </remarks>
internal sealed class TableTransactionJournal(Func<Task<TableClient>> table) : ITransactionJournal
{
    private const string Head = "head";
    private const string Owner = "Owner";
    private const string Next = "Next";
    private const int MostAttempts = 5;
    private const int TransactionRows = 100;
    private string _partition = "";
    private long _owner;
    private long _next;
    private ETag _etag;

    public async Task<IReadOnlyList<TransactionRecord>> OpenAsync(Address sender, ulong chainId, CancellationToken cancellationToken)
    {
        _partition = string.Create(CultureInfo.InvariantCulture, $"{chainId}-{sender}");
        var client = await table();
        await TakeAsync(client, cancellationToken);
        var records = new List<(string Row, TransactionRecord Record)>();
        await foreach (var entity in client.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {_partition} and RowKey gt {RowOf(-1)} and RowKey lt {RowOf(_next)}"), cancellationToken: cancellationToken))
        {
            records.Add((entity.RowKey, TransactionRecord.Parse(LongBytes.Take(entity))));
        }

        var kept = LedgerRecords.Compact(records.Select(static row => row.Record));
        await DeleteAsync(client, records, kept.ToHashSet<TransactionRecord>(ReferenceEqualityComparer.Instance), cancellationToken);
        return kept;
    }

    public async Task AppendAsync(TransactionRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var client = await table();
        var row = new TableEntity(_partition, RowOf(_next));
        LongBytes.Put(row, record.ToJson());
        try
        {
            var answers = await client.SubmitTransactionAsync(
                [
                    new TableTransactionAction(TableTransactionActionType.UpsertReplace, row),
                    new TableTransactionAction(TableTransactionActionType.UpdateReplace, HeadOf(_owner, _next + 1), _etag),
                ],
                cancellationToken);
            (_etag, _next) = (answers.Value[1].Headers.ETag ?? throw new InvalidDataException("The table gave no ETag for the journal's head."), _next + 1);
        }
        catch (RequestFailedException changed) when (changed.Status == 412)
        {
            throw new JournalInUseException(
                $"Another process has taken over the transactions of {_partition}, or an answer of the table was lost: the journal is read again before anything is sent.", changed);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Step 2.
    private async Task TakeAsync(TableClient client, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var found = await client.GetEntityIfExistsAsync<TableEntity>(_partition, Head, cancellationToken: cancellationToken);
            try
            {
                (_owner, _next) = found.HasValue ? (found.Value!.GetInt64(Owner)!.Value + 1, found.Value.GetInt64(Next)!.Value) : (1, 0);
                var answer = found.HasValue
                    ? await client.UpdateEntityAsync(HeadOf(_owner, _next), found.Value!.ETag, TableUpdateMode.Replace, cancellationToken)
                    : await client.AddEntityAsync(HeadOf(_owner, _next), cancellationToken);
                _etag = answer.Headers.ETag ?? throw new InvalidDataException("The table gave no ETag for the journal's head.");
                return;
            }
            catch (RequestFailedException taken) when (taken.Status is 409 or 412 && attempt < MostAttempts)
            {
                // Somebody else opened it at the same moment: the later one has it.
                continue;
            }
        }
    }

    // Step 4. A "dropped" says that what came before is void, so it goes after what it voids.
    private async Task DeleteAsync(
        TableClient client, List<(string Row, TransactionRecord Record)> records, HashSet<TransactionRecord> kept, CancellationToken cancellationToken)
    {
        var gone = records.Where(row => !kept.Contains(row.Record)).Reverse()
            .OrderBy(static row => row.Record is TransactionRecord.Dropped).Select(static row => row.Row);
        foreach (var rows in gone.Chunk(TransactionRows))
        {
            await client.SubmitTransactionAsync(
                rows.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, new TableEntity(_partition, row), ETag.All)), cancellationToken);
        }
    }

    private TableEntity HeadOf(long owner, long next) => new(_partition, Head) { [Owner] = owner, [Next] = next };

    private static string RowOf(long place) => place < 0 ? "record-" : string.Create(CultureInfo.InvariantCulture, $"record-{place:D19}");
}
