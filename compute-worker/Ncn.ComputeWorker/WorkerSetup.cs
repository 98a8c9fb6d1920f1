using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.ComputeWorker.Direct;
using Ncn.ComputeWorker.Evidence;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Keys;
using Ncn.ComputeWorker.Network;
using Ncn.ComputeWorker.Network.Discovered;
using Ncn.ComputeWorker.Observability;
using Ncn.ComputeWorker.OpenInference;
using Ncn.ComputeWorker.Operator;
using Ncn.ComputeWorker.Payments;
using Ncn.ComputeWorker.Plants;
using Ncn.ComputeWorker.Queued;
using Ncn.ComputeWorker.Sealing;
using Ncn.Hosting.Metrics;
using Ncn.Inference.Repository.Trials;
using Ncn.Inference.Scheduling;

namespace Ncn.ComputeWorker;

/// <summary>Composes the worker: what it consists of, and where it listens.</summary>
public static class WorkerSetup
{
    /// <summary>Largest message of a call and largest answer of a gateway.</summary>
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    internal static readonly TimeSpan AfterDrain = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan GatewayPatience = TimeSpan.FromSeconds(10);

    /// <summary>Options, identity and the parts that make a node.</summary>
    public static WebApplicationBuilder AddWorker(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        IServiceCollection services = builder.Services;
        services.AddOptions<WorkerOptions>().BindConfiguration("Ncn:Worker").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<NetworkOptions>().BindConfiguration("Ncn").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<HostOptions>().Configure<IOptions<WorkerOptions>>(
            (host, worker) => host.ShutdownTimeout = TimeSpan.FromSeconds(worker.Value.DrainSeconds) + AfterDrain);
        services.AddSingleton(ChainSettings.Read(key => builder.Configuration[key]));
        services.AddKeys();
        services.AddSingleton(provider => Identity(provider.GetRequiredService<ChainSettings>(), provider.GetRequiredService<OperatorKey>()));
        services.AddHostedService<ContainmentCheck>();
        AddWork(services);
        AddPayments(services);
        AddMembership(services);
        return builder;
    }

    /// <summary>Two endpoints: HTTP/1.1 for the sidecar, the operator and health; HTTP/2 for gateways.</summary>
    public static WebApplicationBuilder AddEndpoints(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = MaxMessageBytes);
        builder.WebHost.ConfigureKestrel((context, kestrel) =>
        {
            WorkerOptions worker = context.Configuration.GetSection("Ncn:Worker").Get<WorkerOptions>() ?? new WorkerOptions();
            IPAddress address = IPAddress.Parse(worker.BindAddress);
            kestrel.Listen(address, context.Configuration.GetValue("APP_PORT", 8091), listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(address, worker.GrpcPort, listen => ListenForGateways(listen, worker.IsTlsOn));
        });
        return builder;
    }

    private static void ListenForGateways(ListenOptions listen, bool isTlsOn)
    {
        listen.Protocols = HttpProtocols.Http2;
        if (isTlsOn)
        {
            listen.UseHttps(https =>
            {
                https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                https.ServerCertificateSelector = (_, _) => listen.ApplicationServices.GetRequiredService<NodeCertificate>().Current;
            });
        }
    }

    /// <summary>All routes.</summary>
    public static WebApplication MapWorker(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapGrpcService<ComputeService>();
        app.MapInference();
        app.MapWork();
        app.MapOperator();
        app.MapHealth();
        app.MapNcnMetrics(app.Services.GetRequiredService<IOptions<WorkerOptions>>().Value.MetricsOpen);
        app.Lifetime.ApplicationStarted.Register(() => app.Services.GetRequiredService<NodeMetrics>());
        return app;
    }

    private static void AddWork(IServiceCollection services)
    {
        services.AddSingleton<IModelTrial>(provider => new ChildTrial(
            TrialCommand.For(typeof(WorkerSetup).Assembly), TriedModels(provider), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => NodeModels.Load(
            provider.GetRequiredService<IOptions<WorkerOptions>>().Value, provider.GetRequiredService<IModelTrial>(), provider.GetRequiredService<ILogger<NodeModels>>()));
        services.AddSingleton<NodeModels>();
        services.AddSingleton<NodeCounters>();
        services.AddSingleton<NodeMetrics>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<NodeCertificate>();
        services.AddSingleton(provider => new RunningJobs(new RequestSlots(provider.GetRequiredService<IOptions<WorkerOptions>>().Value.Slots, maxWaiting: 0)));
        services.AddSingleton<SealedInputs>();
        services.AddSingleton<PlantBook>();
        services.AddSingleton<JobDesk>();
        services.AddSingleton<FingerprintDesk>();
        services.AddSingleton(EvidenceKeeper.Of);
        services.AddSingleton<EvidenceDesk>();
        services.AddSingleton<QueuedJobs>();
        services.AddHostedService(provider => provider.GetRequiredService<QueuedJobs>());
        services.AddInference();
    }

    private static void AddPayments(IServiceCollection services)
    {
        services.AddSingleton(OpenLedger);
        services.AddSingleton<IEscrow>(provider => new ChainEscrow(
            new ChainConnection(provider.GetRequiredService<ChainSettings>(), provider.GetRequiredService<OperatorKey>().Hex),
            provider.GetRequiredService<NodeIdentity>().Address, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ISubnetValidators>(provider => new ChainValidators(
            new ChainConnection(provider.GetRequiredService<ChainSettings>()), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Claims>();
        services.AddHostedService(provider => provider.GetRequiredService<Claims>());
    }

    private static void AddMembership(IServiceCollection services)
    {
        services.AddSingleton(provider => new KnownGateways(provider.GetRequiredService<IOptions<WorkerOptions>>().Value.GatewayUrls));
        services.AddHttpClient<GatewayClient>(http =>
        {
            http.Timeout = GatewayPatience;
            http.MaxResponseContentBufferSize = MaxMessageBytes;
        }).ConfigurePrimaryHttpMessageHandler(static provider => new GatewayConnections(provider.GetRequiredService<IOptions<WorkerOptions>>()));
        services.AddSingleton<NodeCard>();
        services.AddSingleton<ListeningPorts>();
        services.AddHostedService<Membership>();
        services.AddHostedService<GatewayFinder>();
    }

    private static NodeIdentity Identity(ChainSettings chain, OperatorKey key) =>
        new(key.CreateSigner(), chain.Token, chain.NetworkDomain, chain.PaymentsDomain);

    private static VoucherLedger OpenLedger(IServiceProvider provider)
    {
        VoucherLedger ledger = VoucherLedger.Open(Path.Combine(KeySetup.StateFolder(provider), "vouchers.log"));
        ledger.ReleaseLostJobs();
        return ledger;
    }

    private static string TriedModels(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<WorkerOptions>>().Value.TriedModels ?? Path.Combine(KeySetup.StateFolder(provider), "tried-models");
}
