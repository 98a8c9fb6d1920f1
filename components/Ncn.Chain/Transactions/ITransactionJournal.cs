using Ncn.Protocol;

namespace Ncn.Chain.Transactions;

/// <summary>Where the records of one key's transactions are kept. Used by one <see cref="TransactionSender"/>, one call at a time.</summary>
public interface ITransactionJournal : IAsyncDisposable
{
    /// <summary>Takes possession of the key's journal and reads it; called first, and again after an append that failed.</summary>
    /// <returns>All records, oldest first; an implementation may give what <see cref="LedgerRecords.Compact"/> makes of them.</returns>
    /// <exception cref="JournalInUseException">Another process has it: two senders of one key would take the same nonces.</exception>
    Task<IReadOnlyList<TransactionRecord>> OpenAsync(Address sender, ulong chainId, CancellationToken cancellationToken);

    /// <summary>Adds a record, which is durable when the task ends. A failed append leaves nothing or the whole record.</summary>
    Task AppendAsync(TransactionRecord record, CancellationToken cancellationToken);
}

/// <summary>Another process sends with the same key.</summary>
public sealed class JournalInUseException(string message, Exception? innerException = null) : ChainException(message, innerException);

/// <summary>Remembers while the process lives.</summary>
internal sealed class MemoryTransactionJournal : ITransactionJournal
{
    public Task<IReadOnlyList<TransactionRecord>> OpenAsync(Address sender, ulong chainId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TransactionRecord>>([]);

    public Task AppendAsync(TransactionRecord record, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
