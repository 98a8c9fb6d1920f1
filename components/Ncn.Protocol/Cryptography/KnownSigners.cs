using System.Collections.Concurrent;

namespace Ncn.Protocol.Cryptography;

/// <summary>Public keys of addresses whose signatures were seen: checking against a known key is cheaper than recovering it.</summary>
/// <remarks>
/// A memo of a pure function: a key belongs to its address for ever, so no answer depends on what is remembered. Two generations bound it:
/// when the newer one is full it becomes the older, and keys that are asked for move up. Strangers' keys push out no key that is in use.
/// </remarks>
internal static class KnownSigners
{
    private const int MostOfOneGeneration = 8_192;
    private static ConcurrentDictionary<Address, byte[]> _newer = new();
    private static ConcurrentDictionary<Address, byte[]> _older = new();

    /// <summary>The 64-byte public key; null when it is not remembered.</summary>
    internal static byte[]? Find(Address signer)
    {
        if (_newer.TryGetValue(signer, out var known))
        {
            return known;
        }

        if (_older.TryGetValue(signer, out known))
        {
            Remember(signer, known);
        }

        return known;
    }

    internal static void Add(Address signer, ReadOnlySpan<byte> publicKey) => Remember(signer, publicKey.ToArray());

    // Two threads that find it full at once may drop a generation too many: then keys are recovered once more.
    private static void Remember(Address signer, byte[] publicKey)
    {
        var newer = _newer;
        newer[signer] = publicKey;
        if (newer.Count >= MostOfOneGeneration && Interlocked.CompareExchange(ref _newer, new(), newer) == newer)
        {
            Volatile.Write(ref _older, newer);
        }
    }
}
