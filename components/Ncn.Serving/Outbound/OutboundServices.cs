using Microsoft.Extensions.DependencyInjection;

namespace Ncn.Serving.Outbound;

/// <summary>Composes the calls that a gateway makes on a client's word.</summary>
public static class OutboundServices
{
    public static IServiceCollection AddNcnOutbound(this IServiceCollection services)
    {
        services.AddOptions<OutboundOptions>().BindConfiguration("Ncn:Gateway:Outbound").ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<OutboundGuard>();
    }
}
