using Ncn.Protocol;

namespace Ncn.Discovery.Http.Transport;

/// <summary>Which requests were answered, for as long as they would be believed: a copy of one is refused.</summary>
/// <remarks>
/// Two generations, each of a whole window (twice the clock's tolerance): what is forgotten has expired. When the memory is full, new requests
/// are refused rather than old ones forgotten; the rate limits of the sources come before.
/// </remarks>
internal sealed class NonceMemory(int most)
{
    private const ulong Generation = 2 * Wire.WindowMilliseconds;
    private readonly Lock _turn = new();
    private HashSet<(PeerId From, Hash32 Nonce)> _newer = [];
    private HashSet<(PeerId From, Hash32 Nonce)> _older = [];
    private ulong _since;

    /// <summary>Remembers a request that nobody sent before; null when there is no room, false when it is a copy.</summary>
    public bool? Add(PeerId from, Hash32 nonce, ulong now)
    {
        lock (_turn)
        {
            if (now >= _since + Generation)
            {
                _older = now >= _since + (2 * Generation) ? [] : _newer;
                (_newer, _since) = ([], now);
            }

            if (_older.Contains((from, nonce)) || _newer.Contains((from, nonce)))
            {
                return false;
            }

            return _newer.Count >= most ? null : _newer.Add((from, nonce));
        }
    }
}
