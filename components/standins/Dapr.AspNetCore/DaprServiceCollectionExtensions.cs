using Dapr;
using Dapr.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the Dapr client.</summary>
public static class DaprServiceCollectionExtensions
{
    /// <summary>Registers a <see cref="DaprClient"/>; endpoint and token come from configuration, then the environment.</summary>
    public static void AddDaprClient(this IServiceCollection services, Action<DaprClientBuilder>? configure = null, ServiceLifetime lifetime = ServiceLifetime.Singleton) =>
        services.AddDaprClient((_, builder) => configure?.Invoke(builder), lifetime);

    /// <summary>Registers a <see cref="DaprClient"/> whose set-up needs other services.</summary>
    public static void AddDaprClient(this IServiceCollection services, Action<IServiceProvider, DaprClientBuilder> configure, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAdd(new ServiceDescriptor(typeof(DaprClient), provider => Create(provider, configure), lifetime));
    }

    private static DaprClient Create(IServiceProvider provider, Action<IServiceProvider, DaprClientBuilder> configure)
    {
        var configuration = provider.GetService<IConfiguration>();
        var builder = new DaprClientBuilder()
            .UseHttpEndpoint(DaprDefaults.GetDefaultHttpEndpoint(configuration))
            .UseDaprApiToken(DaprDefaults.GetDefaultDaprApiToken(configuration));
        configure(provider, builder);
        return builder.Build();
    }
}
