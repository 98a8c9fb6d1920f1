using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Hosting.Outbound;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;
using Ncn.Serving.Routing;
using Ncn.Serving.Routing.Peers;
using Ncn.Serving.Routing.Peers.Discovered;

namespace Ncn.Serving.Execution;

/// <summary>Composes what chooses nodes and runs requests on them.</summary>
internal static class ExecutionServices
{
    public static IServiceCollection AddNcnExecution(this IServiceCollection services)
    {
        services.AddOptions<RoutingOptions>().BindConfiguration("Ncn:Gateway:Routing").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<PeerOptions>().BindConfiguration("Ncn:Gateway").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<PeerDiscoveryOptions>().BindConfiguration("Ncn:Gateway:Discovery").ValidateDataAnnotations().ValidateOnStart();
        return services
            .AddSingleton<IPeerSource, ConfiguredPeers>()
            .AddSingleton<RegistryDirectory>().AddSingleton<DiscoveredPeers>().AddSingleton<IPeerSource>(static provider => provider.GetRequiredService<DiscoveredPeers>())
            .AddHostedService(static provider => provider.GetRequiredService<DiscoveredPeers>()).AddHostedService<GatewayAnnouncer>()
            .AddSingleton<PeerConnections>().AddSingleton<PeerDirectory>().AddSingleton<PeerRelay>()
            .AddHostedService(static provider => provider.GetRequiredService<PeerDirectory>())
            .AddSingleton<SubnetTerms>().AddSingleton<NodeVerdicts>().AddSingleton<DispatchDesk>().AddSingleton<RoutingTable>()
            .AddSingleton(static provider => new AddressGuard(AddressRules.Of(
                provider.GetRequiredService<GatewayIdentity>().PublicUrl, provider.GetRequiredService<IOptions<GatewayOptions>>().Value.AllowPrivateNodes)))
            .AddSingleton(static provider => new NodeConnections(
                provider.GetRequiredService<GatewayIdentity>().NetworkDomain, provider.GetRequiredService<AddressGuard>(), provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<JobBuilder>().AddSingleton<AttemptRunner>().AddSingleton<RunDesk>().AddSingleton<DirectRunner>().AddSingleton<ChoiceRunner>();
    }
}
