using Dapr.Client;
using Ncn.Chain;
using Ncn.Coordination.Batches;
using Ncn.Coordination.Mempool;
using Ncn.Coordination.Subnets;
using Ncn.Actors;
using Ncn.Hosting.Metrics;
using Ncn.Protocol;
using Ncn.Registry.Batches;
using Ncn.Registry.Channels;
using Ncn.Registry.Discovery;
using Ncn.Registry.Guests;
using Ncn.Registry.Mempool;
using Ncn.Registry.Payments;
using Ncn.Registry.Requests;
using Ncn.Registry.Subnets;

namespace Ncn.Registry.Hosting;

/// <summary>Composes the actor host.</summary>
internal static class NcnRegistry
{
    private const string DefaultPort = "3600";
    private static readonly TimeSpan ActorIdleTimeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ActorScanInterval = TimeSpan.FromSeconds(30);

    internal static void AddNcnRegistry(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        // In a container the probes come from outside; nobody else reaches the port where no ingress leads to it.
        builder.WebHost.UseUrls($"http://{configuration["Ncn:Registry:BindAddress"] ?? "127.0.0.1"}:{configuration["APP_PORT"] ?? DefaultPort}");
        var services = builder.Services;
        var chain = ChainSettings.Read(key => configuration[key]);
        services.AddSingleton(chain);
        services.AddSingleton(new SubnetLimits(ISubnetActor.SilenceMilliseconds));
        services.AddSingleton(ReadLimits(configuration.GetSection("Ncn:Registry:Mempool")));
        services.AddSingleton(ReadBatches(configuration.GetSection("Ncn:Registry:Batches")));
        services.AddSingleton<WorkQueue>().AddSingleton<FailedRequests>().AddSingleton<MempoolTurns>().AddSingleton<PoolGauges>().AddSingleton<FirstSchema>();
        services.AddSingleton<MempoolTopic>().AddSingleton<ResultsTopic>();
        services.AddNcnDiscovery(chain);
        services.AddDaprClient(client => client.UseJsonSerializationOptions(ProtocolJson.Options));
        services.AddActors(options =>
        {
            options.UseJsonSerialization = true;
            options.JsonSerializerOptions = ProtocolJson.Options;
            options.ActorIdleTimeout = ActorIdleTimeout;
            options.ActorScanInterval = ActorScanInterval;
            options.Actors.RegisterActor<SubnetActor>();
            options.Actors.RegisterActor<MempoolActor>();
            options.Actors.RegisterActor<ChannelActor>();
            options.Actors.RegisterActor<RequestActor>();
            options.Actors.RegisterActor<PaymentsActor>();
            options.Actors.RegisterActor<BatchActor>();
            options.Actors.RegisterActor<GuestActor>();
        });
    }

    private static MempoolLimits ReadLimits(IConfigurationSection settings)
    {
        var usual = new MempoolLimits(IMempoolActor.MaxDeliveries);
        return usual with
        {
            AcceptMilliseconds = Math.Max(1, settings.GetValue(nameof(usual.AcceptMilliseconds), usual.AcceptMilliseconds)),
            RunMilliseconds = Math.Max(1, settings.GetValue(nameof(usual.RunMilliseconds), usual.RunMilliseconds)),
            Capacity = Math.Clamp(settings.GetValue(nameof(usual.Capacity), usual.Capacity), 1, 65_536),
            MaxBytes = Math.Max(1, settings.GetValue(nameof(usual.MaxBytes), usual.MaxBytes)),
            MaxPerPayer = Math.Max(1, settings.GetValue(nameof(usual.MaxPerPayer), usual.MaxPerPayer)),
        };
    }

    private static BatchLimits ReadBatches(IConfigurationSection settings)
    {
        var usual = new BatchLimits();
        return usual with { LeaseMilliseconds = Math.Max(1, settings.GetValue(nameof(usual.LeaseMilliseconds), usual.LeaseMilliseconds)) };
    }

    internal static void MapNcnRegistry(this WebApplication app)
    {
        app.UseAppToken();
        app.UseCloudEvents();
        app.MapNcnMetrics();
        app.MapActorsHandlers();
        app.MapSubscribeHandler();
        app.MapPost("/topics/mempool", (HttpContext http, MempoolTopic topic) => topic.ReceiveAsync(http))
            .WithTopic(Topics.PubSub, Topics.Mempool);
        app.MapPost("/topics/results", (HttpContext http, ResultsTopic topic) => topic.ReceiveAsync(http))
            .WithTopic(Topics.PubSub, Topics.Results);
        app.MapDiscovery();
        app.MapGet("/readyz", async (DaprClient dapr, CancellationToken aborted) =>
            await dapr.CheckOutboundHealthAsync(aborted) ? Results.Text("Ready") : Results.Text("The sidecar does not answer.", statusCode: 503));
    }
}
