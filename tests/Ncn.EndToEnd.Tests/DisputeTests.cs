using System.Text.Json;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Registry;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>A network of its own, because its clock is moved by days, its gateway lies, and its owner changes the rules.</summary>
public sealed class DisputedNetwork : IAsyncLifetime
{
    public const string Name = "disputed network";

    public LocalNetwork Network { get; } = new();

    public async Task InitializeAsync()
    {
        try
        {
            await Network.UpAsync();
        }
        catch
        {
            await Network.DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync() => await Network.DisposeAsync();

    /// <summary>The chain's clock goes on by this much.</summary>
    internal async Task AdvanceAsync(TimeSpan time)
    {
        using var account = new Account(Network);
        using var chain = new ChainConnection(account.Settings);
        await new Forknet(chain).AdvanceTimeAsync((ulong)time.TotalSeconds);
    }
}

[CollectionDefinition(DisputedNetwork.Name)]
public sealed class DisputedNetworkTests : ICollectionFixture<DisputedNetwork>;

/// <summary>A client holds its gateway to what it stated, with the commands that a user types.</summary>
[Collection(DisputedNetwork.Name)]
public sealed class DisputeTests(DisputedNetwork shared)
{
    private const ulong OverClaim = 700;

    [Fact]
    public async Task A_gateway_that_claims_more_than_it_stated_pays_twice_and_the_client_is_whole()
    {
        await RunAsync("chat", "What is 12 + 30?");
        Assert.Contains("stake that answers for it", await RunAsync("wallet", "statement"), StringComparison.Ordinal);
        var (charged, signed) = ReadChannel();
        var honest = await Books.ReadAsync(shared.Network);
        await ClaimAsGatewayAsync(signed, new(charged.Units + OverClaim));

        Assert.Contains("claimed above a statement", await RunAsync("wallet", "balance"), StringComparison.Ordinal);
        Assert.Contains("a dispute about $0.000700 is open", await RunAsync("wallet", "dispute", "open"), StringComparison.Ordinal);
        Assert.Contains("would answer it", await FailAsync("chat", "What is 1 + 1?"), StringComparison.Ordinal);
        Assert.Contains("can still answer", await FailAsync("wallet", "dispute", "close"), StringComparison.Ordinal);
        var (before, stake) = (await Books.ReadAsync(shared.Network), await ReadStakeAsync());
        await shared.AdvanceAsync(TimeSpan.FromDays(3));
        Assert.Contains("$0.000700 is back in the wallet", await RunAsync("wallet", "dispute", "close"), StringComparison.Ordinal);

        var after = await Books.ReadAsync(shared.Network);
        Assert.Equal(before.Held["client"] + OverClaim, after.Held["client"]);
        Assert.Equal(stake - new TokenAmount(2 * OverClaim), await ReadStakeAsync());
        Assert.Equal((honest.Supply, honest.Sum), (after.Supply, after.Sum));
        Assert.Contains("No dispute", await FailAsync("wallet", "dispute", "close"), StringComparison.Ordinal);
        await RunAsync("chat", "What is 1 + 1?");
    }

    // The stake and not what the registry holds: protocol fees come into that at any time.
    private async Task<TokenAmount> ReadStakeAsync()
    {
        using var account = new Account(shared.Network);
        using var chain = new ChainConnection(account.Settings);
        var stake = await new ValidatorRegistryContract(chain).ReadStakeAsync(new SubnetId(1), SubnetRole.Gateway, account.Config.Receiver);
        return stake.Bonded + stake.Frozen;
    }

    private (TokenAmount Charged, TokenAmount Signed) ReadChannel()
    {
        var file = Assert.Single(Directory.GetFiles(Path.Combine(shared.Network.State, "channels"), "*.json"));
        var channel = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(file));
        return (TokenAmount.Parse(channel.GetProperty("charged").GetString()!), TokenAmount.Parse(channel.GetProperty("signed").GetString()!));
    }

    // The gateway's operator has the voucher and the key; nothing but the statement says that it was to claim less.
    private async Task ClaimAsGatewayAsync(TokenAmount voucherMax, TokenAmount total)
    {
        using var account = new Account(shared.Network);
        using var client = new Signer(Convert.FromHexString(await ReadKeyAsync("client")));
        using var gateway = new ChainConnection(account.Settings, "0x" + await ReadKeyAsync("gateway"));
        var voucher = SignedVoucher.Create(account.Config, voucherMax, client, account.Settings.PaymentsDomain);
        Assert.Empty((await new InferencePaymentContract(gateway).ClaimAsync([new VoucherClaim(voucher, total)])).Skipped);
    }

    private async Task<string> ReadKeyAsync(string role) => (await File.ReadAllTextAsync(shared.Network.KeyFile(role))).Trim()[2..];

    private async Task<string> RunAsync(params string[] arguments) => (await shared.Network.CommandAsync(arguments)).Succeeded();

    private async Task<string> FailAsync(params string[] arguments)
    {
        var command = await shared.Network.CommandAsync(arguments);
        Assert.Equal(1, command.ExitCode);
        return command.Errors;
    }
}
