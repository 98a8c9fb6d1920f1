using Dapr;
using Dapr.Actors.AspNetCore;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the actor runtime.</summary>
public static class ActorsServiceCollectionExtensions
{
    /// <summary>Registers the actor runtime and a proxy factory; endpoint and token come from configuration, then the environment.</summary>
    public static void AddActors(this IServiceCollection services, Action<ActorRuntimeOptions>? configure, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting();
        services.AddHealthChecks();
        services.AddLogging();
        services.TryAdd(new ServiceDescriptor(typeof(ActorActivatorFactory), typeof(ScopedActorActivatorFactory), lifetime));
        services.TryAdd(new ServiceDescriptor(typeof(IActorProxyFactory), CreateProxyFactory, lifetime));
        services.TryAdd(new ServiceDescriptor(typeof(ActorRuntime), CreateRuntime, lifetime));
        if (configure is not null)
        {
            services.Configure(configure);
        }
    }

    private static ActorRuntime CreateRuntime(IServiceProvider provider) => new(
        OptionsOf(provider),
        provider.GetRequiredService<ILoggerFactory>(),
        provider.GetRequiredService<ActorActivatorFactory>(),
        provider.GetRequiredService<IActorProxyFactory>());

    private static ActorProxyFactory CreateProxyFactory(IServiceProvider provider)
    {
        var options = OptionsOf(provider);
        return new ActorProxyFactory(new ActorProxyOptions
        {
            JsonSerializerOptions = options.JsonSerializerOptions,
            DaprApiToken = options.DaprApiToken,
            HttpEndpoint = options.HttpEndpoint,
            UseJsonSerialization = options.UseJsonSerialization,
        });
    }

    private static ActorRuntimeOptions OptionsOf(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<ActorRuntimeOptions>>().Value;
        var configuration = provider.GetService<IConfiguration>();
        if (string.IsNullOrWhiteSpace(options.DaprApiToken))
        {
            options.DaprApiToken = DaprDefaults.GetDefaultDaprApiToken(configuration);
        }
        if (string.IsNullOrWhiteSpace(options.HttpEndpoint))
        {
            options.HttpEndpoint = DaprDefaults.GetDefaultHttpEndpoint(configuration);
        }
        return options;
    }
}
