using System.Collections.Concurrent;
using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>Operations that somebody waits for until they are final. Safe for concurrent use; each wait is bounded by whoever waits.</summary>
internal sealed class AwaitedOperations
{
    private readonly ConcurrentDictionary<Hash32, TaskCompletionSource> _waiting = new();

    /// <summary>Completes when the operation is in a final block. To be asked for before the operation is given in.</summary>
    /// <exception cref="OperationCanceledException">It is not final yet, or never will be.</exception>
    internal async Task FinalAsync(Hash32 operation, CancellationToken cancellationToken)
    {
        var final = _waiting.GetOrAdd(operation, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await final.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _waiting.TryRemove(KeyValuePair.Create(operation, final));
        }
    }

    internal void Decided(Block block)
    {
        if (_waiting.IsEmpty)
        {
            return;
        }

        foreach (var operation in block.Operations)
        {
            if (_waiting.TryRemove(operation.Hash, out var final))
            {
                final.TrySetResult();
            }
        }
    }
}
