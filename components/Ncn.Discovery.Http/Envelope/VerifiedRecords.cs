using System.Runtime.CompilerServices;
using System.Text.Json;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Discovery.Http.Envelope;

/// <summary>Records whose signatures were checked, by the hash of the very bytes that they came in: the same peers and adverts are told again and again.</summary>
/// <remarks>
/// A memo of a pure function, bounded by two generations: what is asked for moves to the newer one, and the older is dropped when that is full.
/// What was refused is remembered too, so that a forgery sent a thousand times costs one check.
/// </remarks>
internal sealed class VerifiedRecords(Eip712Domain network)
{
    private const int MostOfOneGeneration = 4_096;

    private readonly ConditionalWeakTable<object, byte[]> _bytes = [];
    private readonly Lock _turn = new();
    private Dictionary<Hash32, object?> _newer = [];
    private Dictionary<Hash32, object?> _older = [];

    /// <summary>The peer of a record in JSON; null when the record is malformed or its operator did not sign it.</summary>
    public Contact? ReadPeer(ReadOnlySpan<byte> json) => Read(json, text => Contact.Read(Parse<Signed<PeerRecord>>(text), network), static peer => peer.Record);

    /// <summary>The advert of a node's or a gateway's record in JSON; null when it is malformed or its operator did not sign it.</summary>
    public VerifiedAdvert? ReadAdvert(ReadOnlySpan<byte> json, AdvertKind kind) => Read(
        json,
        text => kind == AdvertKind.Node ? VerifiedAdvert.Read(Parse<Signed<NodeRecord>>(text), network) : VerifiedAdvert.Read(Parse<Signed<GatewayRecord>>(text), network),
        static advert => (object?)advert.Node ?? advert.Gateway!);

    /// <summary>A peer's record in JSON, in the bytes that it came in when it came from outside.</summary>
    public byte[] BytesOf(Contact peer) => BytesOf(peer.Record, static record => JsonSerializer.SerializeToUtf8Bytes(record, ProtocolJson.Options));

    /// <summary>An advert's record in JSON, in the bytes that it came in when it came from outside.</summary>
    public byte[] BytesOf(VerifiedAdvert advert) => advert.Node is { } node
        ? BytesOf(node, static record => JsonSerializer.SerializeToUtf8Bytes(record, ProtocolJson.Options))
        : BytesOf(advert.Gateway!, static record => JsonSerializer.SerializeToUtf8Bytes(record, ProtocolJson.Options));

    private byte[] BytesOf<T>(T record, Func<T, byte[]> write)
        where T : class
    {
        if (!_bytes.TryGetValue(record, out var bytes))
        {
            bytes = write(record);
            _bytes.AddOrUpdate(record, bytes);
        }

        return bytes;
    }

    private T? Read<T>(ReadOnlySpan<byte> json, Func<byte[], T?> verify, Func<T, object> recordOf)
        where T : class
    {
        var hash = Keccak256.Of(json);
        if (TryRecall(hash, out var known))
        {
            return known as T;
        }

        var bytes = json.ToArray();
        var verified = verify(bytes);
        if (verified is not null)
        {
            _bytes.AddOrUpdate(recordOf(verified), bytes);
        }

        Remember(hash, verified);
        return verified;
    }

    private bool TryRecall(Hash32 hash, out object? known)
    {
        lock (_turn)
        {
            if (_newer.TryGetValue(hash, out known))
            {
                return true;
            }

            if (!_older.TryGetValue(hash, out known))
            {
                return false;
            }
        }

        Remember(hash, known);
        return true;
    }

    private void Remember(Hash32 hash, object? verified)
    {
        lock (_turn)
        {
            _newer[hash] = verified;
            if (_newer.Count >= MostOfOneGeneration)
            {
                (_older, _newer) = (_newer, []);
            }
        }
    }

    private static T? Parse<T>(byte[] json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, ProtocolJson.Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
