using System.Net.WebSockets;
using Ncn.Hosting.Outbound;

namespace Ncn.Consensus.Http.Connecting;

/// <summary>Calls other validators, through an <see cref="AddressGuard"/>: only addresses that the rules allow, TLS to all but this machine, no redirects, no proxy, no Nagle.</summary>
internal sealed class LinkCaller : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly LinkIdentity _self;
    private readonly LinkLimits _limits;

    internal LinkCaller(LinkIdentity self, AddressRules rules, LinkLimits limits)
    {
        (_self, _limits) = (self, limits);
        _http = new HttpMessageInvoker(new AddressGuard(rules) { WantsTls = true }.Handler(limits.HandshakePatience));
    }

    /// <summary>A connection with a peer that has proved that it is the one.</summary>
    internal async Task<WebSocket> CallAsync(LinkPeer peer, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_limits.HandshakePatience);
        var socket = new ClientWebSocket();
        try
        {
            (socket.Options.KeepAliveInterval, socket.Options.KeepAliveTimeout) = (LinkServer.KeepAlive, LinkServer.KeepAlive);
            await socket.ConnectAsync(UrlOf(peer.Url!), _http, patience.Token);
            await LinkHandshake.CallAsync(socket, _self, peer.Key, patience.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _http.Dispose();

    private static Uri UrlOf(Uri peer) =>
        new UriBuilder(peer) { Scheme = peer.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs, Port = peer.Port, Path = peer.AbsolutePath.TrimEnd('/') + LinkServer.Path }.Uri;
}
