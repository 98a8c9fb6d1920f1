using Dapr.Actors.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Actors;
using Ncn.Hosting.Metrics;
using Ncn.Protocol;
using Ncn.Registry.Hosting;

namespace Ncn.Registry.Tests;

/// <summary>The registry app behind a <see cref="TestSidecar"/>, with a clock that the test moves. <see cref="CrashAsync"/> loses all but the stores.</summary>
internal sealed class RegistryFixture : IAsyncDisposable
{
    private WebApplication? _app;

    private RegistryFixture(TestSidecar sidecar) => Sidecar = sidecar;

    internal static Eip712Domain NetworkDomain { get; } = Eip712Domain.Network(412346, Address.Parse("0x00000000000000000000000000000000000000c3"));

    internal static Eip712Domain PaymentsDomain { get; } = Eip712Domain.Payments(412346, Address.Parse("0x00000000000000000000000000000000000000c2"));

    internal TestSidecar Sidecar { get; }

    internal ManualTime Time { get; } = new();

    internal ISubnetActor Subnet => Proxy<ISubnetActor>(ActorTypes.IdOf(new SubnetId(1)).GetId(), ActorTypes.Subnet);

    internal IMempoolActor Mempool => Pool(TinyChat);

    internal IMempoolActor Pool(string model, uint shard = 0) => Proxy<IMempoolActor>(PoolId(model, shard), ActorTypes.Mempool);

    internal const string TinyChat = "tiny-chat";

    internal static string PoolId(string model, uint shard = 0) => ActorTypes.IdOf(new SubnetId(1), model, shard).GetId();

    internal static async Task<RegistryFixture> StartAsync(params (string Key, string Value)[] settings)
    {
        var fixture = new RegistryFixture(await TestSidecar.StartAsync());
        await fixture.StartAppAsync(settings);
        return fixture;
    }

    internal IRequestActor Request(RequestId id) => Proxy<IRequestActor>(ActorTypes.IdOf(id).GetId(), ActorTypes.Request);

    internal IChannelActor Channel(ChannelId id) => Proxy<IChannelActor>(ActorTypes.IdOf(id).GetId(), ActorTypes.Channel);

    internal IBatchActor Batch(RequestId id) => Proxy<IBatchActor>(ActorTypes.IdOf(id).GetId(), ActorTypes.Batch);

    internal IPaymentsActor Payments(Address paid) => Proxy<IPaymentsActor>(ActorTypes.IdOf(paid).GetId(), ActorTypes.Payments);

    internal IGuestActor Guest(Hash32 guest) => Proxy<IGuestActor>(ActorTypes.IdOf(new SubnetId(1), guest).GetId(), ActorTypes.Guest);

    /// <summary>Ends the app without a word to it and starts another.</summary>
    internal async Task CrashAsync()
    {
        await _app!.DisposeAsync();
        await StartAppAsync([]);
    }

    public async ValueTask DisposeAsync()
    {
        await _app!.DisposeAsync();
        await Sidecar.DisposeAsync();
    }

    private async Task StartAppAsync((string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["APP_PORT"] = "0",
            ["DAPR_HTTP_ENDPOINT"] = Sidecar.Endpoint,
            ["Ncn:Chain:Rpc"] = "http://127.0.0.1:1",
            ["Ncn:Chain:ChainId"] = "412346",
            ["Ncn:Chain:Token"] = "0x00000000000000000000000000000000000000c1",
            ["Ncn:Chain:InferencePayment"] = "0x00000000000000000000000000000000000000c2",
            ["Ncn:Chain:ValidatorRegistry"] = "0x00000000000000000000000000000000000000c3",
        });
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(static pair => pair.Key, static pair => (string?)pair.Value));
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton<PrometheusMetrics>();
        builder.AddNcnRegistry();
        _app = builder.Build();
        _app.MapNcnRegistry();
        await _app.StartAsync();
        Sidecar.App = new Uri(_app.Urls.Single());
    }

    private T Proxy<T>(string id, string type)
        where T : Dapr.Actors.IActor
    {
        var factory = new ActorProxyFactory(new ActorProxyOptions
        {
            HttpEndpoint = Sidecar.Endpoint,
            UseJsonSerialization = true,
            JsonSerializerOptions = ProtocolJson.Options,
        });
        return factory.CreateActorProxy<T>(new Dapr.Actors.ActorId(id), type);
    }
}
