namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>A paid network for tests that kill what holds it together.</summary>
public sealed class FragileNetwork : IAsyncLifetime
{
    public const string Name = "fragile network";
    private readonly PaidNetwork paid = new();

    public LocalNetwork Network => paid.Network;

    public Account Account => paid.Account;

    public Task InitializeAsync() => paid.InitializeAsync();

    public Task DisposeAsync() => paid.DisposeAsync();
}

[CollectionDefinition(FragileNetwork.Name)]
public sealed class FragileNetworkTests : ICollectionFixture<FragileNetwork>;
