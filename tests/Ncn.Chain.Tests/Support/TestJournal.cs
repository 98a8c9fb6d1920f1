using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.Chain.Tests.Support;

/// <summary>A journal that outlives its connection, as a disk does, and fails on demand.</summary>
internal sealed class TestJournal : ITransactionJournal
{
    internal List<TransactionRecord> Records { get; } = [];

    /// <summary>Runs before a record is kept.</summary>
    internal Action<TransactionRecord> Before { get; set; } = static _ => { };

    /// <summary>Runs after a record was kept.</summary>
    internal Action<TransactionRecord> After { get; set; } = static _ => { };

    public Task<IReadOnlyList<TransactionRecord>> OpenAsync(Address sender, ulong chainId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TransactionRecord>>([.. Records]);

    public Task AppendAsync(TransactionRecord record, CancellationToken cancellationToken)
    {
        Before(record);
        Records.Add(TransactionRecord.Parse(record.ToJson()));
        After(record);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
