using Azure.Messaging.ServiceBus;
using Dapr.Actors.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.Chain.Events;
using Ncn.ChainEvents.Applying;
using Ncn.ChainEvents.Funding;
using Ncn.ChainEvents.Pump;
using Ncn.ChainEvents.Settlement;
using Ncn.ChainEvents.Storage;
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
        builder.Services.AddSingleton(services => new Tables(Required(services, "Ncn:Tables", "a connection string of Azure Table storage or Azurite")));
        builder.Services.AddSingleton(services => new ServiceBusClient(Required(services, NoticeSender.Connection, "a connection string of Service Bus")));
        builder.Services.AddSingleton<ChannelActors>().AddSingleton<NodeFunder>();
        return builder.AddSettlement().AddEvents();
    }

    private static T AddSettlement<T>(this T builder)
        where T : IHostApplicationBuilder
    {
        builder.Services.AddSingleton(static services => new SettlementBook(
            services.GetRequiredService<Tables>().Settlements, ChainName(services), services.GetRequiredService<OperatorAccount>().Address));
        builder.Services.AddSingleton<ClaimFinder>().AddSingleton<ClaimTransactions>().AddSingleton<Settler>();
        return builder;
    }

    private static T AddEvents<T>(this T builder)
        where T : IHostApplicationBuilder
    {
        builder.Services.AddSingleton<NoticeSender>().AddSingleton<ChannelViews>().AddSingleton<SubnetViews>().AddSingleton<DisputeDesk>();
        builder.Services.AddSingleton<NoticeApplier>();
        builder.Services.AddSingleton(static services => new ChainCursorStore(
            services.GetRequiredService<Tables>().Cursor, ChainName(services),
            services.GetRequiredService<IOptions<ChainEventsOptions>>().Value.StartBlock));
        builder.Services.AddSingleton(static services => new EventPump(
            new ChainLogReader(services.GetRequiredService<OperatorAccount>().Chain), services.GetRequiredService<ChainCursorStore>(),
            services.GetRequiredService<NoticeSender>(), services.GetRequiredService<ChainSettings>().ChainId,
            services.GetRequiredService<ILogger<EventPump>>()));
        return builder;
    }

    // Rows of one deployment on one chain.
    private static string ChainName(IServiceProvider services)
    {
        var chain = services.GetRequiredService<ChainSettings>();
        return $"{chain.ChainId}-{chain.InferencePayment}";
    }

    private static string Required(IServiceProvider services, string key, string what) =>
        services.GetRequiredService<IConfiguration>()[key] is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException($"The setting {key} is missing: it must be {what}.");

    private static OperatorAccount Operator(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var path = configuration["Ncn:Gateway:KeyFile"] ?? Path.Combine(configuration["Ncn:Keys:Directory"] ?? ".", "gateway.key");
        return new OperatorAccount(
            services.GetRequiredService<ChainSettings>(), KeyFile.ReadHex(path), new TableTransactionJournal(services.GetRequiredService<Tables>().Transactions));
    }
}
