namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>The network that most tests share. Every test leaves it whole.</summary>
public sealed class PaidNetwork : IAsyncLifetime
{
    public const string Name = "paid network";

    public LocalNetwork Network { get; init; } = new();

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
