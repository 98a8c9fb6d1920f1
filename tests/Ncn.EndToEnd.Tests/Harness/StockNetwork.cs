namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>A paid network for clients of other makers: it has payers of its own, which tests that count what one client paid must not meet.</summary>
public sealed class StockNetwork : IAsyncLifetime
{
    public const string Name = "stock network";
    private readonly PaidNetwork paid = new();

    public LocalNetwork Network => paid.Network;

    public Account Account => paid.Account;

    public Task InitializeAsync() => paid.InitializeAsync();

    public Task DisposeAsync() => paid.DisposeAsync();
}

[CollectionDefinition(StockNetwork.Name)]
public sealed class StockNetworkTests : ICollectionFixture<StockNetwork>;
