using Microsoft.Extensions.Options;
using Ncn.Protocol;

namespace Ncn.Serving.Routing.Peers;

/// <summary>Another gateway.</summary>
/// <param name="Url">Its base URL, without a path.</param>
/// <param name="Operator">Whose it is; null while nobody said.</param>
/// <param name="IsConfigured">True when this gateway's own operator named it: then any address is called. Others must be allowed ones.</param>
public sealed record PeerAddress(Uri Url, Address? Operator, bool IsConfigured);

/// <summary>Says which gateways there are, from memory; asked several times a second.</summary>
public interface IPeerSource
{
    /// <summary>All gateways that this source knows now.</summary>
    IReadOnlyList<PeerAddress> Read();
}

/// <summary>The gateways that the operator named.</summary>
internal sealed class ConfiguredPeers(IOptions<PeerOptions> options) : IPeerSource
{
    private readonly PeerAddress[] _peers = [.. options.Value.Urls.Select(static url => new PeerAddress(url, Operator: null, IsConfigured: true))];

    public IReadOnlyList<PeerAddress> Read() => _peers;
}
