using Ncn.Tests.Escrow;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Tests;

/// <summary>anvil with the contracts; a gateway and a node with a funded channel; one worker that most tests share.</summary>
public sealed class NetworkFixture : IAsyncLifetime, IDisposable
{
    private readonly LocalChain _chain = new();

    internal TestGateway Gateway { get; private set; } = null!;

    internal TestWorker Worker { get; private set; } = null!;

    /// <summary>Domain of the network's messages.</summary>
    internal Eip712Domain Domain => _chain.Settings.NetworkDomain;

    /// <summary>The channel from the gateway to the shared worker.</summary>
    internal ChannelId ChannelId =>
        NodeChannel.Config(Gateway.Address, Worker.Address, _chain.Settings.Token).Id(_chain.Settings.PaymentsDomain);

    public async Task InitializeAsync()
    {
        await _chain.InitializeAsync();
        Gateway = await TestGateway.StartAsync(await _chain.NewPartyAsync(1000));
        Worker = await TestWorker.StartAsync(await _chain.NewPartyAsync(0), Gateway);
        await Gateway.FundAsync(Worker.Address, 100 * LocalChain.Dollar);
        await Eventually.NextAsync(Gateway.Joins);
        await Worker.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await Worker.DisposeAsync();
        await Gateway.DisposeAsync();
    }

    public void Dispose() => _chain.Dispose();

    internal async Task<Party> NewPartyAsync(ulong dollars) => await _chain.NewPartyAsync(dollars);
}

[CollectionDefinition(Name)]
public sealed class NetworkGroup : ICollectionFixture<NetworkFixture>
{
    public const string Name = "network";
}
