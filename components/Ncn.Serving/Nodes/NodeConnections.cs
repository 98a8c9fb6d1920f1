using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Net.Client;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Nodes;

/// <summary>One HTTP/2 connection pool for each node endpoint, as <see cref="NodeTransport"/> calls it.</summary>
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

    private GrpcChannel Connect((string Endpoint, Address Node) target) => GrpcChannel.ForAddress(NodeTransport.UrlOf(target.Endpoint), new GrpcChannelOptions
    {
        MaxReceiveMessageSize = MaxMessageBytes,
        MaxSendMessageSize = MaxMessageBytes,
        HttpHandler = Handler(target.Node),
        DisposeHttpClient = true,
    });

    private SocketsHttpHandler Handler(Address node)
    {
        var handler = NodeTransport.Handler(guard, node, network, time);
        handler.ActivityHeadersPropagator = DistributedContextPropagator.Current; // the client's trace goes on to the node
        return handler;
    }
}
