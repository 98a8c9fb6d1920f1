using System.CommandLine;
using System.Globalization;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Cli;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Ncn.Cli.Subnets;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Tests.Anvil;

namespace Ncn.Client.Tests.Cli;

/// <summary>A provisioned chain with the two local subnets, which the gateway's key owns.</summary>
public sealed class ProvisionedChain : IAsyncLifetime, IDisposable
{
    private readonly AnvilNode anvil = new();

    internal StateFolder State { get; } = new(Directory.CreateTempSubdirectory().FullName);

    public async Task InitializeAsync()
    {
        Repository.RunNode("contracts/script/export.mjs");
        await new Provisioner(new ProvisionRequest(State, new Uri(anvil.Url), Workers: 1, FreeOfCharge: false), static _ => { }).RunAsync(default);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(State.Path, recursive: true);
        return Task.CompletedTask;
    }

    public void Dispose() => anvil.Dispose();
}

/// <summary>./ncn subnet … on a real chain.</summary>
public sealed class SubnetCommandTests(ProvisionedChain provisioned) : IClassFixture<ProvisionedChain>, IDisposable
{
    private static readonly SubnetId Text = new(1);
    private readonly ChainConnection chain = new(NetworkSettings.Read(provisioned.State).ToChain());

    private ValidatorRegistryContract Registry => new(chain);

    private StakeContract Stakes => new(chain);

    public void Dispose() => chain.Dispose();

    [Fact]
    public async Task A_subnet_is_created_with_the_parameters_given_and_the_usual_ones_otherwise()
    {
        var before = await Registry.ReadSubnetCountAsync();
        await RunAsync("create", "speech", "--min-node-stake", "2.5", "--unbonding-days", "21", "--policy", PolicyFile("{ \"version\": 1,\n  \"feeBasisPoints\": 300 }"));

        var made = await Registry.ReadSubnetAsync(new SubnetId(before + 1));
        Assert.Equal("speech", made.Name);
        Assert.Equal((new TokenAmount(2_500_000), 21UL * 86_400, (ushort)500), (made.Parameters.MinNodeStake, made.Parameters.UnbondingDelay, made.Parameters.VerificationFloor));
        // The canonical form's hash, which is the one that the subnet's registry finds.
        Assert.Equal(Keccak256.Of("{\"feeBasisPoints\":300,\"version\":1}"u8), made.Parameters.Policy);
        await RunAsync("list");
        await RunAsync("show", made.Id.Value.ToString(CultureInfo.InvariantCulture), "--json");
    }

    [Fact]
    public async Task A_proposal_keeps_what_is_not_given_and_can_be_taken_back()
    {
        var present = (await Registry.ReadSubnetAsync(Text)).Parameters;
        await RunAsync("set", "1", "--verification-floor", "700");
        await RunAsync("set", "1", "--min-node-stake", "20");
        Assert.Equal(
            present with { VerificationFloor = 700, MinNodeStake = new TokenAmount(20_000_000) },
            (await Stakes.ReadPendingParametersAsync(Text))!.Parameters);

        var same = await Assert.ThrowsAsync<CliException>(() => RunAsync("set", "1", "--min-node-stake", "20"));
        Assert.Contains("nothing was sent", same.Message, StringComparison.Ordinal);
        await RunAsync("cancel", "1");
        Assert.Null(await Stakes.ReadPendingParametersAsync(Text));
        Assert.Equal(present, (await Registry.ReadSubnetAsync(Text)).Parameters);
    }

    [Fact]
    public async Task A_file_that_is_no_policy_is_not_put_on_the_chain()
    {
        var refused = await Assert.ThrowsAsync<CliException>(() => RunAsync("set", "1", "--policy", PolicyFile("{\"version\":1,\"fee\":3}")));
        Assert.Contains("fee is not a rule", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_is_brought_to_a_gateway_of_its_subnet_in_its_canonical_form()
    {
        await using var gateway = await PolicyGateway.StartAsync(subnet: 1, named: "{\"feeBasisPoints\":300,\"version\":1}");
        var url = gateway.Url.ToString();
        await RunAsync("publish", "1", "--policy", PolicyFile("{ \"version\": 1, \"feeBasisPoints\": 300 }"), "--gateway", url);
        Assert.Equal(["{\"feeBasisPoints\":300,\"version\":1}"], gateway.Received);

        var elsewhere = await Assert.ThrowsAsync<CliException>(() => RunAsync("publish", "2", "--policy", PolicyFile("{\"version\":1}"), "--gateway", url));
        Assert.Contains("serves subnet 1", elsewhere.Message, StringComparison.Ordinal);
        Assert.Single(gateway.Received);
        var refused = await Assert.ThrowsAsync<CliException>(() => RunAsync("publish", "1", "--policy", PolicyFile("{\"version\":1}"), "--gateway", url));
        Assert.Contains("The chain names another", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_gateway_that_answers_nothing_is_published()
    {
        var gateway = await PolicyGateway.StartAsync(subnet: 1, named: "{\"version\":1}");
        var url = gateway.Url.ToString();
        await gateway.DisposeAsync();
        var gone = await Assert.ThrowsAsync<CliException>(() => RunAsync("publish", "1", "--policy", PolicyFile("{\"version\":1}"), "--gateway", url));
        Assert.Contains("could not be reached", gone.Message, StringComparison.Ordinal);
        var none = await Assert.ThrowsAsync<CliException>(() => RunAsync("publish", "1", "--policy", PolicyFile("{\"version\":1}")));
        Assert.Contains("not running", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_owner_changes_a_subnet_and_the_named_successor_becomes_the_owner()
    {
        var node = provisioned.State.KeyFile(KeyFiles.Node(1));
        using var successor = KeyFiles.Read(node);
        var refused = await Assert.ThrowsAsync<CliException>(() => RunAsync("set", "2", "--verification-floor", "900", "--key-file", node));
        Assert.Contains("owner's key", refused.Message, StringComparison.Ordinal);

        await RunAsync("transfer", "2", successor.Address.ToString());
        await RunAsync("accept", "2", "--key-file", node);
        Assert.Equal(successor.Address, (await Registry.ReadSubnetAsync(new SubnetId(2))).Owner);
    }

    [Fact]
    public async Task A_staked_gateway_announces_its_discovery_and_withdraws_it()
    {
        var directory = new BootstrapDirectoryContract(chain);
        await RunAsync("announce", "1", "https://discovery.example");
        Assert.Equal("https://discovery.example/", Assert.Single(await directory.ReadAsync(Text)).Url);
        await RunAsync("show", "1");
        await RunAsync("withdraw", "1");
        Assert.Empty(await directory.ReadAsync(Text));
    }

    [Fact]
    public async Task Without_broadcast_nothing_is_sent_to_a_named_network()
    {
        var before = await chain.ReadBlockNumberAsync();
        await RunAsync("set", "1", "--verification-floor", "900", "--network", "forknet", "--rpc", NetworkSettings.Read(provisioned.State).Rpc);
        Assert.Equal(before, await chain.ReadBlockNumberAsync());
    }

    [Theory]
    [InlineData("There is no subnet 99", "show", "99")]
    [InlineData("is no address", "transfer", "1", "0x12")]
    [InlineData("is no http or https address", "announce", "1", "ftp://example.com")]
    [InlineData("--policy is", "set", "1", "--policy", "no-such-file")]
    [InlineData("is no amount", "set", "1", "--min-node-stake", "lots")]
    [InlineData("--network is", "list", "--network", "mars")]
    [InlineData("--broadcast needs", "cancel", "1", "--network", "forknet", "--broadcast")]
    public async Task What_is_wrong_is_said(string said, params string[] arguments)
    {
        var refused = await Assert.ThrowsAsync<CliException>(() => RunAsync(arguments));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    private string PolicyFile(string text)
    {
        var path = Path.Combine(provisioned.State.Path, "policy.json");
        File.WriteAllText(path, text);
        return path;
    }

    private async Task RunAsync(params string[] arguments)
    {
        string[] state = ["--state", provisioned.State.Path];
        var parsed = SubnetCommand.Create().Parse([.. arguments, .. state]);
        Assert.Empty(parsed.Errors);
        Assert.Equal(0, await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, CancellationToken.None));
    }
}
