using System.Net;
using Microsoft.AspNetCore.Http;

namespace Ncn.Serving.Streaming.Calls;

/// <summary>What all requests of one socket have in common: taken from its handshake once, because its request ends with it.</summary>
internal sealed record SocketPeer(IServiceProvider Services, string Scheme, HostString Host, IPAddress? Remote, int RemotePort, string? Connection)
{
    public static SocketPeer Of(HttpContext handshake) => new(
        handshake.RequestServices, handshake.Request.Scheme, handshake.Request.Host, handshake.Connection.RemoteIpAddress,
        handshake.Connection.RemotePort, handshake.Connection.Id);
}
