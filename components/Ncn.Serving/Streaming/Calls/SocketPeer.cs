using System.Net;
using Microsoft.AspNetCore.Http;

namespace Ncn.Serving.Streaming.Calls;

/// <summary>What all requests of one socket have in common: taken from its handshake once, because its request ends with it.</summary>
internal sealed record SocketPeer(IServiceProvider Services, string Scheme, HostString Host, IPAddress? Remote, int RemotePort, string? Connection)
{
    /// <summary>What proxies before the gateway said of the client, for a gateway that trusts some.</summary>
    public string? ForwardedFor { get; init; }

    public static SocketPeer Of(HttpContext handshake) => new(
        handshake.RequestServices, handshake.Request.Scheme, handshake.Request.Host, handshake.Connection.RemoteIpAddress,
        handshake.Connection.RemotePort, handshake.Connection.Id)
    {
        ForwardedFor = handshake.Request.Headers["X-Forwarded-For"],
    };
}
