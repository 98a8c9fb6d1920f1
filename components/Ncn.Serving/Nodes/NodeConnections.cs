using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Ncn.Hosting;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Nodes;

/// <summary>
/// One HTTP/2 connection pool for each node endpoint. Over TLS the node must show a certificate that its operator's key vouches for
/// (<see cref="IdentityCertificate"/>): whoever stands between gateway and node, or took over the address, is not spoken to. The endpoint is a
/// stranger's word, so each connection goes through the guard.
/// </summary>
public sealed class NodeConnections(Eip712Domain network, AddressGuard guard, TimeProvider time) : IDisposable
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

    private SocketsHttpHandler Handler(Address node)
    {
        var handler = guard.Handler(TimeSpan.FromSeconds(2));
        handler.EnableMultipleHttp2Connections = true;
        handler.ActivityHeadersPropagator = DistributedContextPropagator.Current; // the client's trace goes on to the node
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(5);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(3);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            // The identity in the certificate replaces name and chain; revocation means a new record.
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 shown && IsOf(node, shown),
        };
        return handler;
    }

    private bool IsOf(Address node, X509Certificate2 shown) => IdentityCertificate.Identity(shown, network, time.GetUtcNow()) == node;
}
