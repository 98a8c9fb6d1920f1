using System.Collections.Concurrent;
using Ncn.Protocol;

namespace Ncn.Serving.Payments.Batch;

/// <summary>Requests of this gateway that wait for their turn on a channel. However many they are, the channel's actor is asked at one pace.</summary>
internal sealed class TurnQueue(TimeProvider time)
{
    /// <summary>Most that wait on one channel; the next one gets its answer at once.</summary>
    internal const int Most = 64;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<ChannelId, int> _waiting = new();

    /// <summary>Repeats a step until it says that it need not wait, or patience ends; returns what it said last.</summary>
    internal async Task<T> WaitAsync<T>(ChannelId channel, Func<Task<T>> step, Func<T, bool> mustWait, CancellationToken cancellationToken)
    {
        var result = await step();
        if (!mustWait(result))
        {
            return result;
        }

        var start = time.GetTimestamp();
        var place = _waiting.AddOrUpdate(channel, 1, static (_, count) => count + 1);
        try
        {
            while (place <= Most && mustWait(result) && time.GetElapsedTime(start) < Patience)
            {
                await Task.Delay(Pace * _waiting.GetValueOrDefault(channel, 1), time, cancellationToken);
                result = await step();
            }

            return result;
        }
        finally
        {
            Leave(channel);
        }
    }

    private void Leave(ChannelId channel)
    {
        if (_waiting.AddOrUpdate(channel, 0, static (_, count) => count - 1) <= 0)
        {
            _waiting.TryRemove(new KeyValuePair<ChannelId, int>(channel, 0));
        }
    }
}
