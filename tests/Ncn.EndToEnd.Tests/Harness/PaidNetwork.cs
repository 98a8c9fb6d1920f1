namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>
/// The network that most tests share. Every test leaves it whole. What a dead node has taken from the work queue goes to another after
/// seconds, not after a minute; so does what a dead gateway has begun of a batch.
/// </summary>
public sealed class PaidNetwork : IAsyncLifetime
{
    public const string Name = "paid network";

    public LocalNetwork Network { get; } = new()
    {
        Settings = new Dictionary<string, string>
        {
            ["Ncn__Registry__Mempool__AcceptMilliseconds"] = "4000",
            ["Ncn__Registry__Mempool__RunMilliseconds"] = "8000",
            ["Ncn__Registry__Batches__LeaseMilliseconds"] = "4000",

            // Webhooks come to the tests.
            ["Ncn__Gateway__Outbound__AllowLoopback"] = "true",
        },
    };

    public Account Account { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        try
        {
            await Network.UpAsync();
            Account = new Account(Network);
        }
        catch
        {
            await Network.DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        Account?.Dispose();
        await Network.DisposeAsync();
    }
}

[CollectionDefinition(PaidNetwork.Name)]
public sealed class PaidNetworkTests : ICollectionFixture<PaidNetwork>;
