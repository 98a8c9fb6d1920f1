using Microsoft.Extensions.DependencyInjection;
using Ncn.Hosting.Metrics;
using Ncn.Serving.OpenApi;

namespace Ncn.Serving.Observability;

/// <summary>Composes what an operator sees of a gateway.</summary>
internal static class ObservabilityServices
{
    public static IServiceCollection AddNcnObservability(this IServiceCollection services)
    {
        services.AddOptions<ObservabilityOptions>().BindConfiguration("Ncn:Gateway:Observability").ValidateDataAnnotations().ValidateOnStart();
        services.AddMetrics();
        return services
            .AddSingleton(static provider =>
            {
                // Who collects has to listen before the first number.
                provider.GetService<PrometheusMetrics>();
                return ActivatorUtilities.CreateInstance<GatewayMetrics>(provider);
            })
            .AddSingleton<CallObserver>().AddSingleton<GatewayReadiness>().AddSingleton<HealthEndpoint>()
            .AddSingleton<OpenApiEndpoint>();
    }
}
