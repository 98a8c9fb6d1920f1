using System.Collections.Immutable;
using Ncn.Discovery;
using Ncn.Discovery.Http;
using Ncn.Registry.Hosting;

namespace Ncn.Registry.Discovery;

/// <summary>What the operator's gateways want to know of others: what this peer keeps for the network itself, and what it looks up for them in the background.</summary>
/// <remarks>
/// 1. The first question for a key waits for a lookup, a second at most. 2. Then the key is watched: looked up again every second while its
/// adverts change, more and more seldom, up to 15 s, while they do not, and no more when nobody asked for ten minutes. 3. An advert that was
/// found counts until it expires.
/// </remarks>
internal sealed class AdvertIndex(DiscoveryPeer peer, TimeProvider time)
{
    private const int MaxWatched = 512;
    private const int MaxFound = 4_096;
    private const int MaxAtOnce = 8;
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Interest = TimeSpan.FromMinutes(10);

    private readonly Lock _turn = new();
    private readonly Dictionary<DiscoveryKey, Watch> _watched = [];
    private ImmutableDictionary<AdvertName, VerifiedAdvert> _found = ImmutableDictionary<AdvertName, VerifiedAdvert>.Empty;

    /// <summary>All adverts that are known now, each name once.</summary>
    public IReadOnlyCollection<VerifiedAdvert> Known()
    {
        var now = time.NowMilliseconds();
        var known = new Dictionary<AdvertName, VerifiedAdvert>();
        foreach (var advert in peer.State.Store.Slots.Values.SelectMany(static slot => slot).Concat(_found.Values).Concat(peer.State.Own.Adverts.Values))
        {
            if (advert.ExpiresAt > now && (!known.TryGetValue(advert.Name, out var other) || other.Sequence < advert.Sequence))
            {
                known[advert.Name] = advert;
            }
        }

        return known.Values;
    }

    /// <summary>The adverts under a key; the first time after a lookup.</summary>
    public async Task<IReadOnlyCollection<VerifiedAdvert>> FindAsync(DiscoveryKey key, CancellationToken cancellationToken)
    {
        if (Want(key) is { } first)
        {
            await Task.WhenAny(first, Task.Delay(FirstAnswer, time, cancellationToken));
        }

        return [.. Known().Where(advert => advert.Yields(key))];
    }

    /// <summary>Looks up what is due, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var clock = new PeriodicTimer(LookInterval, time);
        while (await clock.WaitForNextTickAsync(cancellationToken))
        {
            Sweep();
            await Task.WhenAll(TakeDue().Select(due => LookUpAsync(due.Key, due.Watch, cancellationToken)));
        }
    }

    /// <summary>Notes that somebody wants a key; the first time its first lookup.</summary>
    private Task? Want(DiscoveryKey key)
    {
        lock (_turn)
        {
            if (_watched.TryGetValue(key, out var watch))
            {
                watch.WantedAt = time.GetUtcNow();
                return watch.First.IsCompleted ? null : watch.First;
            }

            if (_watched.Count >= MaxWatched)
            {
                _watched.Remove(_watched.MinBy(static entry => entry.Value.WantedAt).Key);
            }

            watch = new Watch { WantedAt = time.GetUtcNow(), IsBusy = true };
            _watched.Add(key, watch);
            return watch.First = LookUpAsync(key, watch, CancellationToken.None);
        }
    }

    private (DiscoveryKey Key, Watch Watch)[] TakeDue()
    {
        lock (_turn)
        {
            var due = _watched.Where(entry => !entry.Value.IsBusy && entry.Value.DueAt <= time.GetUtcNow()).OrderBy(static entry => entry.Value.DueAt)
                .Take(MaxAtOnce).Select(static entry => (entry.Key, entry.Value)).ToArray();
            Array.ForEach(due, static entry => entry.Value.IsBusy = true);
            return due;
        }
    }

    private async Task LookUpAsync(DiscoveryKey key, Watch watch, CancellationToken cancellationToken)
    {
        var finding = await peer.FindAsync(key, 0, cancellationToken);
        lock (_turn)
        {
            var before = watch.Seen;
            watch.Seen = finding.Adverts.Aggregate(0UL, static (seen, advert) => unchecked((seen * 31) + advert.Sequence + (ulong)advert.Name.GetHashCode()));
            var isQuiet = finding.Adverts.Length > 0 && before == watch.Seen;
            watch.Interval = isQuiet ? TimeSpan.FromTicks(Math.Min(Longest.Ticks, watch.Interval.Ticks * 2)) : Shortest;
            (watch.DueAt, watch.IsBusy) = (time.GetUtcNow() + watch.Interval, false);
            foreach (var advert in finding.Adverts)
            {
                var isNewer = !_found.TryGetValue(advert.Name, out var known) || known.Sequence < advert.Sequence;
                _found = isNewer && (known is not null || _found.Count < MaxFound) ? _found.SetItem(advert.Name, advert) : _found;
            }
        }
    }

    private void Sweep()
    {
        lock (_turn)
        {
            var now = time.NowMilliseconds();
            _found = _found.RemoveRange(_found.Where(entry => entry.Value.ExpiresAt <= now).Select(static entry => entry.Key));
            foreach (var (key, watch) in _watched.ToArray())
            {
                if (!watch.IsBusy && watch.WantedAt + Interest < time.GetUtcNow())
                {
                    _watched.Remove(key);
                }
            }
        }
    }

    private sealed class Watch
    {
        public Task First { get; set; } = Task.CompletedTask;

        public DateTimeOffset WantedAt { get; set; }

        public DateTimeOffset DueAt { get; set; }

        public TimeSpan Interval { get; set; } = Shortest;

        public ulong Seen { get; set; }

        public bool IsBusy { get; set; }
    }
}
