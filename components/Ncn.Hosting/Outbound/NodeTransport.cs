using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Ncn.Protocol;

namespace Ncn.Hosting.Outbound;

/// <summary>
/// How a compute node is called at the endpoint of its record: a stranger's word, so each connection goes through the guard. Over TLS the node must show a
/// certificate that its operator's key vouches for (<see cref="IdentityCertificate"/>): whoever stands in between, or took over the address, is not spoken to.
/// </summary>
public static class NodeTransport
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>A handler for this node alone; the caller disposes of it.</summary>
    /// <param name="guard">Where connections may go.</param>
    /// <param name="network">Domain of the network's messages.</param>
    public static SocketsHttpHandler Handler(AddressGuard guard, Address node, Eip712Domain network, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(guard);
        ArgumentNullException.ThrowIfNull(time);
        var handler = guard.Handler(ConnectTimeout);
        handler.EnableMultipleHttp2Connections = true;
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(5);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(3);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            // The identity in the certificate replaces name and chain; revocation means a new record.
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is X509Certificate2 shown && IdentityCertificate.Identity(shown, network, time.GetUtcNow()) == node,
        };
        return handler;
    }

    /// <summary>The endpoint of a record as an address for gRPC.</summary>
    /// <param name="endpoint">A <see cref="NodeEndpoint"/> in text form.</param>
    public static string UrlOf(string endpoint) => NodeEndpoint.TryParse(endpoint, out var parsed) && parsed.IsTls ? endpoint : "http://" + endpoint;
}
