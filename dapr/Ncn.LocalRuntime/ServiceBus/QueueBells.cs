using System.Collections.Concurrent;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>Wakes those who wait at a queue when something was put or given back there.</summary>
internal sealed class QueueBells
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> bells = new(StringComparer.Ordinal);

    /// <summary>Ends when the bell is rung after this call.</summary>
    public Task NextAsync(string queue) => bells.GetOrAdd(queue, static _ => NewBell()).Task;

    public void Ring(string queue)
    {
        if (bells.TryRemove(queue, out var bell))
        {
            bell.SetResult();
        }
    }

    private static TaskCompletionSource NewBell() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
