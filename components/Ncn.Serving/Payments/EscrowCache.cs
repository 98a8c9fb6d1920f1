using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Ncn.Chain;
using Ncn.Protocol;

namespace Ncn.Serving.Payments;

/// <summary>Escrow views in memory, so that no request waits for the chain on a channel that was seen a short while ago.</summary>
/// <remarks>
/// A view that is older than two seconds is refreshed in the background by whoever uses it, one that is older than a minute is not used.
/// That is safe because a withdrawal takes at least 900 seconds: it is seen long before it pays out.
/// </remarks>
public sealed class EscrowCache(IEscrowReader reader, TimeProvider time, ILogger<EscrowCache> log)
{
    private const int MaxChannels = 100_000;
    private static readonly TimeSpan FreshTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<ChannelId, (EscrowView View, long ReadAt)> _views = new();
    private readonly ConcurrentDictionary<ChannelId, Task<EscrowView>> _reading = new();

    /// <summary>A view whose funds cover <paramref name="needed"/>, if there is one; read anew otherwise.</summary>
    public async ValueTask<EscrowView> GetAsync(ChannelId channel, TokenAmount needed, CancellationToken cancellationToken)
    {
        if (Find(channel, needed) is { } known)
        {
            return known;
        }

        return await ReadAsync(channel).WaitAsync(cancellationToken);
    }

    /// <summary>A view in memory whose funds cover <paramref name="needed"/>; null when there is none. It is refreshed in the background.</summary>
    public EscrowView? Find(ChannelId channel, TokenAmount needed)
    {
        if (!_views.TryGetValue(channel, out var cached) || cached.View.Funds.Spendable < needed || time.GetElapsedTime(cached.ReadAt) >= Lifetime)
        {
            return null;
        }

        if (time.GetElapsedTime(cached.ReadAt) >= FreshTime)
        {
            _ = RefreshAsync(channel);
        }

        return cached.View;
    }

    /// <summary>What is known of a channel is known to be old.</summary>
    public void Forget(ChannelId channel)
    {
        _views.TryRemove(channel, out _);
        _reading.TryRemove(channel, out _);
    }

    // One read serves all that ask meanwhile.
    private Task<EscrowView> ReadAsync(ChannelId channel)
    {
        var mine = new TaskCompletionSource<EscrowView>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = _reading.GetOrAdd(channel, mine.Task);
        if (reading == mine.Task)
        {
            _ = ReadAsync(channel, mine);
        }

        return reading;
    }

    private async Task ReadAsync(ChannelId channel, TaskCompletionSource<EscrowView> result)
    {
        var readAt = time.GetTimestamp();
        try
        {
            var view = await reader.ReadAsync(channel, CancellationToken.None);
            if (_views.Count >= MaxChannels)
            {
                _views.Clear();
            }

            // What was forgotten meanwhile was read too early to be kept.
            if (_reading.TryRemove(KeyValuePair.Create(channel, result.Task)))
            {
                _views[channel] = (view, readAt);
            }

            result.SetResult(view);
        }
        catch (Exception failure)
        {
            _reading.TryRemove(KeyValuePair.Create(channel, result.Task));
            result.SetException(failure);
        }
    }

    private async Task RefreshAsync(ChannelId channel)
    {
        try
        {
            await ReadAsync(channel);
        }
        catch (ChainUnavailableException unreachable)
        {
            log.LogWarning("The escrow of channel {Channel} could not be read and its last view is used: {Reason}", channel, unreachable.Message);
        }
        catch (Exception failure)
        {
            log.LogError(failure, "The escrow of channel {Channel} could not be read and its last view is used", channel);
        }
    }
}
