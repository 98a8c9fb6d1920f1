using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Serving.Oip.Grpc;
using Ncn.Serving.Streaming.Sockets;

namespace Ncn.Serving.Streaming;

/// <summary>Composes the gRPC and WebSocket edge.</summary>
public static class StreamServices
{
    /// <summary>Adds what gRPC and sockets need beside the endpoints of a gateway.</summary>
    public static IServiceCollection AddNcnStreams(this IServiceCollection services)
    {
        services.AddOptions<StreamOptions>().BindConfiguration("Ncn:Stream").ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<FramePipeline>().AddSingleton<SocketEndpoint>()
            .AddSingleton<InferDesk>().AddSingleton(static provider => new InferenceService(
                provider.GetRequiredService<InferDesk>(), provider.GetRequiredService<ILogger<InferenceService>>()));
    }
}
