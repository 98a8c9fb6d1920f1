using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Validator.Engine;

/// <summary>A chain of hashes that is revealed from its end (rule K2): each own block shows the preimage of the one before. Safe for concurrent use once made.</summary>
/// <remarks>Every so many links one is kept, and what is between is made again when it is asked for.</remarks>
internal sealed class RevealChain
{
    /// <summary>Links of a network's chains: one for each own block until the validator says anew that it is ready. Beyond, it leads without a reveal.</summary>
    internal const int Links = (int)LedgerExecution.MostReveals;

    private const int Stride = 1 << 10;
    private readonly Hash32[] _kept;
    private readonly Dictionary<Hash32, int> _places = [];
    private readonly Lock _lock = new();
    private int _segment = -1;

    /// <param name="secret">Where it begins; known to the holder of the key alone.</param>
    /// <param name="links">A multiple of 1,024.</param>
    internal RevealChain(Hash32 secret, int links)
    {
        _kept = new Hash32[links / Stride];
        var link = secret;
        for (var i = 0; i < links; i++)
        {
            if (i % Stride == 0)
            {
                _kept[i / Stride] = link;
            }

            link = Next(link);
        }

        Tip = link;
    }

    /// <summary>What is told before the first reveal.</summary>
    internal Hash32 Tip { get; }

    /// <summary>The link whose hash this is; null when it is none of this chain, or its beginning.</summary>
    internal Hash32? Before(Hash32 link)
    {
        lock (_lock)
        {
            var from = _segment < 0 || link == Tip ? _kept.Length - 1 : _segment;
            for (var segment = from; segment >= 0; segment--)
            {
                if (Find(segment, link) is { } found)
                {
                    return found;
                }
            }

            // A link of another chain was looked for: the next one of this chain may be anywhere.
            _segment = -1;
            return null;
        }
    }

    // Reveals go from the end to the beginning, so the segment that was looked at last is nearly always the right one.
    private Hash32? Find(int segment, Hash32 link)
    {
        if (_segment != segment)
        {
            _places.Clear();
            var at = _kept[segment];
            for (var i = 0; i < Stride; i++)
            {
                at = Next(at);
                _places[at] = i;
            }

            _segment = segment;
        }

        if (!_places.TryGetValue(link, out var place))
        {
            return null;
        }

        var before = _kept[segment];
        for (var i = 0; i < place; i++)
        {
            before = Next(before);
        }

        return before;
    }

    private static Hash32 Next(Hash32 link)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        link.CopyTo(bytes);
        return Keccak256.Of(bytes);
    }
}
