using Ncn.Protocol;

namespace Ncn.Discovery.Http;

/// <summary>The keys of one peer: its own, which signs its messages, and its operator's, which vouches for it. A client has its own alone.</summary>
public sealed class PeerIdentity
{
    /// <summary>Longest life of a record.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromHours(24);

    private readonly Lock _turn = new();
    private readonly Signer _key;
    private readonly Signer? _operator;
    private readonly string? _url;
    private readonly ulong _life;
    private Contact? _contact;

    /// <summary>A peer that others can ask.</summary>
    /// <param name="key">Its own key.</param>
    /// <param name="operatorKey">Vouches for it.</param>
    /// <param name="network">The network's domain.</param>
    /// <param name="url">Where it is asked.</param>
    /// <param name="life">Of its records, at most <see cref="LongestLife"/>; a new one is made at half of it.</param>
    public PeerIdentity(Signer key, Signer operatorKey, Eip712Domain network, Uri url, TimeSpan life)
        : this(key, network)
    {
        ArgumentNullException.ThrowIfNull(operatorKey);
        ArgumentNullException.ThrowIfNull(url);
        (_operator, _url, _life) = (operatorKey, url.ToString().TrimEnd('/'), (ulong)life.TotalMilliseconds);
    }

    /// <summary>A client: it asks, and nobody asks it.</summary>
    public PeerIdentity(Signer key, Eip712Domain network)
    {
        ArgumentNullException.ThrowIfNull(key);
        (_key, Network, Id) = (key, network, PeerId.FromPublicKey(key.PublicKey.Span));
    }

    /// <summary>Its place in the key space.</summary>
    public PeerId Id { get; }

    /// <summary>Under which domain it signs.</summary>
    public Eip712Domain Network { get; }

    /// <summary>False for a client.</summary>
    public bool IsServed => _operator is not null;

    /// <summary>What it says of itself; null for a client.</summary>
    /// <param name="now">Unix milliseconds.</param>
    public Contact? At(ulong now)
    {
        if (_operator is null)
        {
            return null;
        }

        lock (_turn)
        {
            if (_contact is null || _contact.Record.Message.ExpiresAt < now + (_life / 2))
            {
                var record = new PeerRecord(new HexBytes(_key.PublicKey.Span), _operator.Address, now, _url!, now, now + _life);
                _contact = Contact.Trusted(_operator.Sign(record, Network));
            }

            return _contact;
        }
    }

    internal Signed<T> Sign<T>(T message)
        where T : ITypedData => _key.Sign(message, Network);
}
