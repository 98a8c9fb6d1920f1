using System.Net;

namespace Ncn.Discovery.Http.Transport;

/// <summary>How many requests each address block may send: a bucket of tokens for each, filled at a steady rate.</summary>
internal sealed class SourceRates(int perSecond, TimeProvider time)
{
    private const int Burst = 4;
    private const int MaxSources = 8_192;
    private readonly Lock _turn = new();
    private readonly Dictionary<AddressBlock, (double Tokens, long At)> _sources = [];

    /// <summary>Takes one request of a source; false when it has sent too many. Loopback, where others cannot be, counts too, ten times as much.</summary>
    public bool Take(IPAddress? source)
    {
        var address = source ?? IPAddress.None;
        double rate = IPAddress.IsLoopback(address) ? perSecond * 10.0 : perSecond;
        var block = AddressBlock.Of(address, exemptLoopback: false);
        lock (_turn)
        {
            var now = time.GetTimestamp();
            var (tokens, at) = _sources.TryGetValue(block, out var known) ? known : (rate * Burst, now);
            tokens = Math.Min(rate * Burst, tokens + (rate * time.GetElapsedTime(at, now).TotalSeconds));
            if (!_sources.ContainsKey(block) && _sources.Count >= MaxSources)
            {
                Forget(now);
            }

            var isTaken = tokens >= 1;
            _sources[block] = (isTaken ? tokens - 1 : tokens, now);
            return isTaken;
        }
    }

    // Who was silent for as long as a bucket takes to fill is as good as new; when nobody was, all are.
    private void Forget(long now)
    {
        foreach (var (block, (_, at)) in _sources.ToArray())
        {
            if (time.GetElapsedTime(at, now) > TimeSpan.FromSeconds(Burst))
            {
                _sources.Remove(block);
            }
        }

        if (_sources.Count >= MaxSources)
        {
            _sources.Clear();
        }
    }
}
