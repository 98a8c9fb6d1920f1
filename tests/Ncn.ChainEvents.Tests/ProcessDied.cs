using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Tests;

/// <summary>The app's process ended here: nothing after it happened.</summary>
internal sealed class ProcessDied() : Exception("The process ended here.");

/// <summary>A journal whose process ends right after a transaction was signed and journalled, before it left.</summary>
internal sealed class DyingJournal(ITransactionJournal inner) : ITransactionJournal
{
    public Task<IReadOnlyList<TransactionRecord>> OpenAsync(Address sender, ulong chainId, CancellationToken cancellationToken) =>
        inner.OpenAsync(sender, chainId, cancellationToken);

    public async Task AppendAsync(TransactionRecord record, CancellationToken cancellationToken)
    {
        await inner.AppendAsync(record, cancellationToken);
        if (record is TransactionRecord.Signed)
        {
            throw new ProcessDied();
        }
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
