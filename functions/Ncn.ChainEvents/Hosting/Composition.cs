using Azure.Identity;
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
using Ncn.Protocol;
using Ncn.Vault;

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
        builder.Services.AddSingleton(services => new Tables(Required(services, "Ncn:Tables", "a connection string of Azure Table storage or Azurite, or the https address of a storage account's tables")));
        builder.Services.AddSingleton(Bus);
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

    // By connection string, or, under the name that the Functions host uses for it too, by the namespace's host name and the app's identity.
    private static ServiceBusClient Bus(IServiceProvider services)
    {
        var host = services.GetRequiredService<IConfiguration>()[$"{NoticeSender.Connection}:fullyQualifiedNamespace"];
        return host is { Length: > 0 }
            ? new ServiceBusClient(host, new DefaultAzureCredential())
            : new ServiceBusClient(Required(services, NoticeSender.Connection, "a connection string of Service Bus, or have the member fullyQualifiedNamespace"));
    }

    private static OperatorAccount Operator(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        return new OperatorAccount(
            services.GetRequiredService<ChainSettings>(), KeySource.Of(configuration).ReadHex("gateway", configuration["Ncn:Gateway:KeyFile"]),
            new TableTransactionJournal(services.GetRequiredService<Tables>().Transactions));
    }
}
