using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.Discovery.Http.Bootstrap;

namespace Ncn.Registry.Discovery;

/// <summary>Composes this operator's part in discovery.</summary>
internal static class DiscoveryServices
{
    internal static IServiceCollection AddNcnDiscovery(this IServiceCollection services, ChainSettings chain)
    {
        if (chain.BootstrapDirectory is not null)
        {
            services.AddSingleton(static provider => new ChainConnection(provider.GetRequiredService<ChainSettings>())).AddSingleton<IBootstrapSource, ChainBootstrap>();
        }

        services.AddOptions<DiscoveryOptions>().BindConfiguration("Ncn:Discovery").ValidateDataAnnotations().ValidateOnStart();
        return services
            .AddSingleton<IBootstrapSource>(static provider => new ConfiguredBootstrap(provider.GetRequiredService<IOptions<DiscoveryOptions>>().Value.Bootstrap))
            .AddSingleton<DiscoveryHost>().AddHostedService(static provider => provider.GetRequiredService<DiscoveryHost>())
            .AddHostedService<SubnetFeed>();
    }
}
