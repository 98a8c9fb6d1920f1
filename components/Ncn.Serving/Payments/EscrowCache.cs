using System.Collections.Concurrent;
using Ncn.Chain;
using Ncn.Protocol;

namespace Ncn.Serving.Payments;

/// <summary>Escrow views in memory, so that a request rarely waits for the chain.</summary>
/// <remarks>
/// A view is good for two seconds, and for a minute while the chain does not answer. That is safe because a withdrawal takes at least
/// 900 seconds: it is seen long before it pays out.
/// </remarks>
public sealed class EscrowCache(IEscrowReader reader, TimeProvider time)
{
    private const int MaxChannels = 100_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LifetimeWithoutChain = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<ChannelId, (EscrowView View, long ReadAt)> _views = new();

    /// <summary>A view that is fresh, or whose funds already cover <paramref name="needed"/>; read anew otherwise.</summary>
    public async ValueTask<EscrowView> GetAsync(ChannelId channel, TokenAmount needed, CancellationToken cancellationToken)
    {
        var covered = _views.TryGetValue(channel, out var cached) && cached.View.Funds.Spendable >= needed;
        if (covered && time.GetElapsedTime(cached.ReadAt) < Lifetime)
        {
            return cached.View;
        }

        EscrowView view;
        try
        {
            view = await reader.ReadAsync(channel, cancellationToken);
        }
        catch (ChainUnavailableException) when (covered && time.GetElapsedTime(cached.ReadAt) < LifetimeWithoutChain)
        {
            return cached.View;
        }

        if (_views.Count >= MaxChannels)
        {
            _views.Clear();
        }

        _views[channel] = (view, time.GetTimestamp());
        return view;
    }

    /// <summary>What is known of a channel is known to be old.</summary>
    public void Forget(ChannelId channel) => _views.TryRemove(channel, out _);
}
