using System.Collections.Concurrent;
using Grpc.Net.Client;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Nodes;

/// <summary>One HTTP/2 connection pool for each node endpoint.</summary>
public sealed class NodeConnections : IDisposable
{
    private const int MaxMessageBytes = 64 * 1024 * 1024;
    private readonly ConcurrentDictionary<string, GrpcChannel> _channels = new(StringComparer.Ordinal);

    /// <summary>A client for <paramref name="endpoint"/>, host:port.</summary>
    public Compute.ComputeClient Client(string endpoint) =>
        new(_channels.GetOrAdd(endpoint, static address => GrpcChannel.ForAddress("http://" + address, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = MaxMessageBytes,
            MaxSendMessageSize = MaxMessageBytes,
            HttpHandler = new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = true,
                ConnectTimeout = TimeSpan.FromSeconds(2),
                KeepAlivePingDelay = TimeSpan.FromSeconds(5),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            },
            DisposeHttpClient = true,
        })));

    public void Dispose()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Dispose();
        }
    }
}
