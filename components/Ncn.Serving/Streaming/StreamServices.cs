using Microsoft.Extensions.DependencyInjection;
using Ncn.Serving.Routing.Peers.Discovered;
using Ncn.Serving.Streaming.Sockets;

namespace Ncn.Serving.Streaming;

/// <summary>Composes the WebSocket edge.</summary>
public static class StreamServices
{
    /// <summary>Adds what sockets need beside the endpoints of a gateway.</summary>
    public static IServiceCollection AddNcnStreams(this IServiceCollection services)
    {
        services.AddOptions<StreamOptions>().BindConfiguration("Ncn:Stream").ValidateDataAnnotations().ValidateOnStart();

        // Its port carries sockets and gRPC, which no other gateway passes requests on to.
        services.PostConfigure<PeerDiscoveryOptions>(static discovery => discovery.Announce = false);
        return services.AddSingleton<FramePipeline>().AddSingleton<SocketEndpoint>();
    }
}
