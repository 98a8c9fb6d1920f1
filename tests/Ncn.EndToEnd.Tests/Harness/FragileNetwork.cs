namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>
/// A paid network for tests that kill what holds it together. What a dead node has taken from the work queue goes to another after
/// seconds, not after a minute.
/// </summary>
public sealed class FragileNetwork : IAsyncLifetime
{
    public const string Name = "fragile network";
    private readonly PaidNetwork paid = new()
    {
        Network = new LocalNetwork
        {
            Settings = new Dictionary<string, string>
            {
                ["Ncn__Registry__Mempool__AcceptMilliseconds"] = "4000",
                ["Ncn__Registry__Mempool__RunMilliseconds"] = "8000",
            },
        },
    };

    public LocalNetwork Network => paid.Network;

    public Account Account => paid.Account;

    public Task InitializeAsync() => paid.InitializeAsync();

    public Task DisposeAsync() => paid.DisposeAsync();
}

[CollectionDefinition(FragileNetwork.Name)]
public sealed class FragileNetworkTests : ICollectionFixture<FragileNetwork>;
