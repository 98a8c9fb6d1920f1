using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>Operations that somebody waits for until they are final. Safe for concurrent use; each wait is bounded by whoever waits, and is that one's alone.</summary>
internal sealed class AwaitedOperations
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Hash32, List<TaskCompletionSource>> _waiting = [];

    /// <summary>Completes when the operation is in a final block. To be asked for before the operation is given in.</summary>
    /// <exception cref="OperationCanceledException">It is not final yet, or never will be.</exception>
    internal async Task FinalAsync(Hash32 operation, CancellationToken cancellationToken)
    {
        var final = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            (_waiting.TryGetValue(operation, out var others) ? others : _waiting[operation] = []).Add(final);
        }

        try
        {
            await final.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Forget(operation, final);
        }
    }

    internal void Decided(Block block)
    {
        lock (_lock)
        {
            foreach (var operation in _waiting.Count == 0 ? [] : block.Operations)
            {
                if (_waiting.Remove(operation.Hash, out var all))
                {
                    all.ForEach(static final => final.TrySetResult());
                }
            }
        }
    }

    private void Forget(Hash32 operation, TaskCompletionSource final)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(operation, out var all) && all.Remove(final) && all.Count == 0)
            {
                _waiting.Remove(operation);
            }
        }
    }
}
