using Microsoft.Extensions.DependencyInjection;

namespace Ncn.Serving.Observability;

/// <summary>Composes what an operator sees of a gateway.</summary>
internal static class ObservabilityServices
{
    public static IServiceCollection AddNcnObservability(this IServiceCollection services)
    {
        services.AddMetrics();
        return services.AddSingleton<GatewayMetrics>();
    }
}
