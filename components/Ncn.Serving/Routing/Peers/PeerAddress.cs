using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Ncn.Protocol;

namespace Ncn.Serving.Routing.Peers;

/// <summary>Another gateway.</summary>
/// <param name="Url">Its base URL, without a path.</param>
/// <param name="Operator">Whose it is; null while nobody said.</param>
/// <param name="IsConfigured">True when this gateway's own operator named it: then any address is called. Others must be allowed ones.</param>
public sealed record PeerAddress(Uri Url, Address? Operator, bool IsConfigured)
{
    /// <summary>The models that it is said to have; they count until it was asked itself.</summary>
    public ImmutableArray<string> Models { get; init; } = [];

    /// <summary>Whether this is the same gateway, whatever it offers.</summary>
    public bool IsSame(PeerAddress other) => other is not null && (Url, Operator, IsConfigured) == (other.Url, other.Operator, other.IsConfigured);
}

/// <summary>Says which gateways there are, from memory; asked several times a second.</summary>
public interface IPeerSource
{
    /// <summary>All gateways that this source knows now.</summary>
    IReadOnlyList<PeerAddress> Read();

    /// <summary>Somebody wants a model that no known peer serves: afterwards <see cref="Read"/> may know of more.</summary>
    Task SeekAsync(string model, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The gateways that the operator named.</summary>
internal sealed class ConfiguredPeers(IOptions<PeerOptions> options) : IPeerSource
{
    private readonly PeerAddress[] _peers = [.. options.Value.Urls.Select(static url => new PeerAddress(url, Operator: null, IsConfigured: true))];

    public IReadOnlyList<PeerAddress> Read() => _peers;
}
