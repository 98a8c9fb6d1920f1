using Dapr.Actors.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Ncn.Chain;
using Ncn.ChainEvents.Funding;
using Ncn.ChainEvents.Settlement;
using Ncn.Hosting;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Hosting;

internal static class Composition
{
    internal static T AddChainEvents<T>(this T builder)
        where T : IHostApplicationBuilder
    {
        builder.Services.AddOptions<ChainEventsOptions>().BindConfiguration("Ncn:ChainEvents").ValidateDataAnnotations()
            .Validate(options => options.NodeFloat >= options.NodeFloor, "Ncn:ChainEvents:NodeFloat must be at least NodeFloor.")
            .ValidateOnStart();
        builder.Services.AddSingleton(ChainSettings.Read(key => builder.Configuration[key]));
        builder.Services.AddSingleton(Operator);
        builder.Services.AddSingleton<IActorProxyFactory>(static _ => new ActorProxyFactory(new ActorProxyOptions
        {
            UseJsonSerialization = true,
            JsonSerializerOptions = ProtocolJson.Options,
        }));
        builder.Services.AddSingleton<ChannelActors>().AddSingleton<Settler>().AddSingleton<NodeFunder>();
        return builder;
    }

    private static OperatorAccount Operator(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var path = configuration["Ncn:Gateway:KeyFile"] ?? Path.Combine(configuration["Ncn:Keys:Directory"] ?? ".", "gateway.key");
        return new OperatorAccount(services.GetRequiredService<ChainSettings>(), KeyFile.ReadHex(path));
    }
}
