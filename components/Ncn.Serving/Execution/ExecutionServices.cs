using Microsoft.Extensions.DependencyInjection;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Execution;

/// <summary>Composes what chooses nodes and runs requests on them.</summary>
internal static class ExecutionServices
{
    public static IServiceCollection AddNcnExecution(this IServiceCollection services) => services
        .AddSingleton<RoutingTable>().AddSingleton<NodePicker>()
        .AddSingleton(static provider => new NodeConnections(
            provider.GetRequiredService<GatewayIdentity>().NetworkDomain, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<JobBuilder>().AddSingleton<AttemptRunner>().AddSingleton<DirectRunner>().AddSingleton<ChoiceRunner>();
}
