using Ncn.Hosting.Outbound;

namespace Ncn.Serving.Routing.Peers;

/// <summary>Two connection pools: to peers that the operator named, and through the guard to those that somebody else did. No redirects, no cookies.</summary>
public sealed class PeerConnections(AddressGuard guard) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly HttpMessageInvoker _named = new(Lasting(new AddressGuard(AddressRules.All)));
    private readonly HttpMessageInvoker _found = new(Lasting(guard));

    internal Task<HttpResponseMessage> SendAsync(PeerAddress peer, HttpRequestMessage request, CancellationToken cancellationToken) =>
        (peer.IsConfigured ? _named : _found).SendAsync(request, cancellationToken);

    public void Dispose()
    {
        _named.Dispose();
        _found.Dispose();
    }

    private static SocketsHttpHandler Lasting(AddressGuard guard)
    {
        var handler = guard.Handler(ConnectTimeout);
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        return handler;
    }
}
