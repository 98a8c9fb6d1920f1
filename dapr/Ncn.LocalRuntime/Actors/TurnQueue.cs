namespace Ncn.LocalRuntime.Actors;

/// <summary>One turn at a time, first come first served; a call that carries the running turn's reentrancy id may enter it.</summary>
internal sealed class TurnQueue
{
    private const int MostWaiting = 10_000;
    private readonly Lock gate = new();
    private readonly Queue<(TaskCompletionSource<bool> Entered, string? ReentrancyId)> waiting = new();
    private string? currentId;
    private int depth;

    public bool IsIdle
    {
        get
        {
            lock (gate)
            {
                return depth == 0 && waiting.Count == 0;
            }
        }
    }

    /// <summary>Enters a turn; false when too many wait, or when reentrant calls are nested too deeply.</summary>
    public async Task<bool> EnterAsync(string? reentrancyId, int maxDepth, CancellationToken cancellation)
    {
        TaskCompletionSource<bool> entered;
        lock (gate)
        {
            if (depth == 0)
            {
                (depth, currentId) = (1, reentrancyId);
                return true;
            }

            if (reentrancyId is not null && reentrancyId == currentId)
            {
                if (depth >= maxDepth)
                {
                    return false;
                }

                depth++;
                return true;
            }

            if (waiting.Count >= MostWaiting)
            {
                return false;
            }

            entered = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue((entered, reentrancyId));
        }

        await using var registration = cancellation.Register(() => entered.TrySetCanceled(cancellation));
        return await entered.Task;
    }

    public void Exit()
    {
        lock (gate)
        {
            if (--depth > 0)
            {
                return;
            }

            currentId = null;
            while (waiting.TryDequeue(out var next))
            {
                // One that gave up waiting has been cancelled, and is passed over.
                depth = 1;
                currentId = next.ReentrancyId;
                if (next.Entered.TrySetResult(true))
                {
                    return;
                }

                (depth, currentId) = (0, null);
            }
        }
    }
}
