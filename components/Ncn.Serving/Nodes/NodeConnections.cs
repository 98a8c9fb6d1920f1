using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Ncn.Hosting;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Nodes;

/// <summary>
/// One HTTP/2 connection pool for each node endpoint. Over TLS the node must show a certificate that its operator's key vouches for
/// (<see cref="IdentityCertificate"/>): whoever stands between gateway and node, or took over the address, is not spoken to.
/// </summary>
public sealed class NodeConnections(Eip712Domain network, TimeProvider time) : IDisposable
{
    private const int MaxMessageBytes = 64 * 1024 * 1024;
    private readonly ConcurrentDictionary<(string Endpoint, Address Node), GrpcChannel> _channels = [];

    /// <summary>A client for <paramref name="node"/> at <paramref name="endpoint"/>, a <see cref="NodeEndpoint"/> in text form.</summary>
    public Compute.ComputeClient Client(string endpoint, Address node) => new(_channels.GetOrAdd((endpoint, node), Connect));

    public void Dispose()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Dispose();
        }
    }

    private GrpcChannel Connect((string Endpoint, Address Node) target)
    {
        bool isTls = NodeEndpoint.TryParse(target.Endpoint, out var endpoint) && endpoint.IsTls;
        return GrpcChannel.ForAddress(isTls ? target.Endpoint : "http://" + target.Endpoint, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = MaxMessageBytes,
            MaxSendMessageSize = MaxMessageBytes,
            HttpHandler = Handler(target.Node),
            DisposeHttpClient = true,
        });
    }

    private SocketsHttpHandler Handler(Address node) => new()
    {
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        KeepAlivePingDelay = TimeSpan.FromSeconds(5),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        SslOptions = new SslClientAuthenticationOptions
        {
            // The identity in the certificate replaces name and chain; revocation means a new record.
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 shown && IsOf(node, shown),
        },
    };

    private bool IsOf(Address node, X509Certificate2 shown) => IdentityCertificate.Identity(shown, network, time.GetUtcNow()) == node;
}
