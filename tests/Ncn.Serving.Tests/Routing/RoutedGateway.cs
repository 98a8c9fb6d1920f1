using Dapr.Actors.Client;
using Dapr.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Coordination.Dispatch;
using Ncn.Payments.Channels;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Relay;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Requests;
using Ncn.Serving.Routing;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Routing;

/// <summary>A gateway's real parts on the system's clock, actors and escrow in memory, and scripted nodes over real gRPC.</summary>
internal sealed class RoutedGateway : IAsyncDisposable
{
    private const ulong ChainId = 412346;
    private static readonly Address Token = Address.Parse("0x5FC8d32690cc91D4c39d9d3abcBD16989F875707");
    private static readonly Eip712Domain Network = Eip712Domain.Network(ChainId, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));

    private readonly Signer _key = new(Enumerable.Repeat((byte)2, 32).ToArray());
    private readonly DaprClient _deadSidecar = new DaprClientBuilder().UseHttpEndpoint("http://127.0.0.1:1").Build();
    private readonly ServiceProvider _services;
    private readonly GatewayIdentity _identity;
    private byte _requests;

    private readonly bool _ownsNodes;

    private RoutedGateway(ScriptedNode[] nodes, bool ownsNodes, RoutingOptions options, MemoryActors? actors, ulong life, Action<IServiceCollection, MemoryActors>? change)
    {
        (Nodes, _ownsNodes) = (nodes, ownsNodes);
        Actors = new MemoryActors(new RoutingSnapshot(1, [.. nodes.Select(static node => new NodeView(node.Record, 16, 0, MemoryActors.Now))]), actors);
        _identity = new GatewayIdentity(
            _key, ChainId, Token, Eip712Domain.Payments(ChainId, Address.Parse("0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003")), Network,
            "http://127.0.0.1:1", FreeOfCharge: false);
        var services = new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(new ConfigurationBuilder().Build()).AddNcnParts()
            .AddSingleton(_identity).AddSingleton(Options.Create(new GatewayOptions { Subnet = 1, SubnetName = "chat", ModelKind = ModelOffer.Decoder }))
            .AddSingleton(Options.Create(options)).AddSingleton(TimeProvider.System).AddSingleton(new GatewayLife(new Holder("gateway@test", life))).AddSingleton<IEscrowReader>(new MemoryGateway.MemoryEscrow())
            .AddSingleton<IActorProxyFactory>(Actors).AddSingleton(_deadSidecar).AddSingleton<IPaymentChain>(new MemoryChain());
        change?.Invoke(services, Actors);
        _services = services.BuildServiceProvider();
    }

    public ScriptedNode[] Nodes { get; }

    public MemoryActors Actors { get; }

    /// <summary>A part of the gateway.</summary>
    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>The channel of a client that pays this gateway.</summary>
    public ChannelConfig ClientChannel(Signer client) => ClientChannel(_identity, client);

    /// <summary>The same for a gateway that is still being composed.</summary>
    public static ChannelConfig ClientChannel(GatewayIdentity gateway, Signer client) =>
        new(client.Address, client.Address, gateway.Address, gateway.Address, Token, 900, default);

    public GatewayIdentity Identity => _identity;

    public DispatchState State => _services.GetRequiredService<DispatchDesk>().State;

    /// <summary>A network of nodes 10, 11, … with this offer.</summary>
    /// <param name="actors">A registry whose books it shares; null for one of its own.</param>
    /// <param name="life">Which life of the process it is.</param>
    public static async Task<RoutedGateway> StartAsync(
        int nodes, ServiceLevel? service = null, RoutingOptions? options = null, MemoryActors? actors = null, ulong life = 0) =>
        new(await StartNodesAsync(nodes, service), ownsNodes: true, options ?? new RoutingOptions(), actors, life, change: null);

    /// <summary>The same on nodes that outlive it.</summary>
    /// <param name="change">Puts other parts in the place of the usual ones.</param>
    public static RoutedGateway Over(ScriptedNode[] nodes, MemoryActors? actors, ulong life, Action<IServiceCollection, MemoryActors> change) =>
        new(nodes, ownsNodes: false, new RoutingOptions(), actors, life, change);

    public static Task<ScriptedNode[]> StartNodesAsync(int nodes, ServiceLevel? service = null)
    {
        var offer = new ModelOffer(
            new ModelDigest(Keccak256.Of([1])), "tiny-chat", "1", ModelOffer.Decoder, new ModelPrice(new(10), new(2), new(6), default), 512, 1, 4096, "CPU", [], [])
        { Service = service ?? ServiceLevel.None };
        return Task.WhenAll(Enumerable.Range(10, nodes).Select(number => ScriptedNode.StartAsync((byte)number, offer, Network)));
    }

    /// <summary>A plan, for this node first where one is named.</summary>
    public RunPlan Plan(ScriptedNode? first = null) => new(
        new RequestId(Keccak256.Of([++_requests])), "tiny-chat", new Input { Generate = new GenerateInput { Prompt = "count", MaxTokens = 40 } },
        new Usage(100, 40, 0), 42, DateTimeOffset.UtcNow.AddMinutes(1))
    {
        Preferences = first is null ? RoutingPreferences.None : RoutingPreferences.None with { Order = [first.Address] },
    };

    /// <summary>All nodes have joined the subnet anew, as they do after a restart.</summary>
    public void JoinAnew() => Actors.Snapshot = new RoutingSnapshot(
        Actors.Snapshot.Version + 1,
        [.. Actors.Snapshot.Nodes.Select(static node => node with { Record = node.Record with { Sequence = node.Record.Sequence + 1 } })]);

    /// <summary>Runs a plan to its end.</summary>
    public async Task<(string Text, RunPart.Finished End)> RunAsync(RunPlan plan, Action<RunPart>? onPart = null)
    {
        var text = string.Empty;
        await foreach (var part in _services.GetRequiredService<DirectRunner>().RunAsync(plan, new TokenAmount(1_000_000), CancellationToken.None))
        {
            onPart?.Invoke(part);
            text += part is RunPart.Text piece ? piece.Content : string.Empty;
            if (part is RunPart.Finished end)
            {
                return (text, end);
            }
        }

        throw new InvalidOperationException("A run ended without its end.");
    }

    /// <summary>What the client pays.</summary>
    public TokenAmount CostOf(RunPart.Finished end) => _services.GetRequiredService<RequestPricing>().CostOf([end]);

    /// <summary>What the gateway owes a node.</summary>
    public TokenAmount PaidTo(ScriptedNode node) =>
        Actors.Channel(NodeChannel.Config(_key.Address, node.Address, Token).Id(_identity.PaymentsDomain)).State.Charged;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _deadSidecar.Dispose();
        _key.Dispose();
        foreach (var node in _ownsNodes ? Nodes : [])
        {
            await node.DisposeAsync();
        }
    }
}
