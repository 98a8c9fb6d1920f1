using Ncn.Tests.Escrow;

namespace Ncn.ComputeWorker.Tests;

/// <summary>Tests that each have a gateway and a worker of their own, with a funded channel between them.</summary>
public abstract class OwnWorkerTests(NetworkFixture network) : IAsyncLifetime
{
    private protected NetworkFixture Network { get; } = network;

    private protected TestGateway Gateway { get; private set; } = null!;

    private protected TestWorker Worker { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Gateway = await TestGateway.StartAsync(await Network.NewPartyAsync(10));
        Worker = await TestWorker.StartAsync(await Network.NewPartyAsync(0), Gateway);
        await Gateway.FundAsync(Worker.Address, LocalChain.Dollar);
        await Eventually.NextAsync(Gateway.Joins);
    }

    public async Task DisposeAsync()
    {
        await Worker.DisposeAsync();
        await Gateway.DisposeAsync();
    }
}
