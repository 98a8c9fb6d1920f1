using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ncn.Chain;
using Ncn.Chain.Artifacts;
using Ncn.Cli;
using Ncn.Cli.Deploying;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Ncn.Protocol;
using Ncn.Tests.Anvil;
using Nethereum.Web3;

namespace Ncn.Client.Tests.Cli;

/// <summary>./ncn deploy against a real node of each chain id.</summary>
public sealed class ContractDeploymentTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;
    private readonly ContractArtifacts artifacts;

    public ContractDeploymentTests()
    {
        Repository.RunNode("contracts/script/export.mjs");
        artifacts = ContractsFile.Load();
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("forknet")]
    [InlineData("arbitrum-sepolia")]
    [InlineData("arbitrum-one")]
    public async Task A_dry_run_sends_nothing_and_a_broadcast_puts_every_contract_on_the_same_address(string network)
    {
        using var anvil = StartChain(network);
        using var chain = Connect(network, anvil);
        var dry = await DeployAsync(network, anvil, broadcast: false, key: null);

        Assert.Equal(0UL, await chain.ReadBlockNumberAsync());
        Assert.Equal(network == "forknet", dry.Contracts.Any(contract => contract.Name == "TestUsd"));
        Assert.All(dry.Contracts, contract => Assert.Equal(ContractState.Missing, contract.State));
        Assert.All(dry.Contracts, contract => Assert.Equal(artifacts.Contracts[contract.Name].Address, contract.Address));
        Assert.True(UInt128.Parse(dry.Cost, CultureInfo.InvariantCulture) > 0 && UInt128.Parse(dry.Reserve, CultureInfo.InvariantCulture) > UInt128.Parse(dry.Cost, CultureInfo.InvariantCulture));

        var sent = await DeployAsync(network, anvil, broadcast: true, WriteKey(LocalMoney.FaucetKey));
        Assert.All(sent.Contracts, contract => Assert.Equal(ContractState.Deployed, contract.State));
        Assert.Equal((null, 0UL), (dry.FirstBlock, sent.FirstBlock));
        Assert.Equal((ulong)sent.Contracts.Count, await chain.ReadBlockNumberAsync());
        foreach (var contract in sent.Contracts)
        {
            Assert.True(artifacts.Contracts[contract.Name].RuntimeCode.Matches(await chain.ReadCodeAsync(contract.Address)), contract.Name);
            Assert.Equal(network == "forknet" && Forknet.Canonical.ContainsKey(contract.Name), contract.Canonical is { } copy && await chain.HasCodeAsync(copy));
        }
    }

    [Fact]
    public async Task A_second_broadcast_sends_nothing_and_needs_no_coin()
    {
        using var anvil = StartChain("arbitrum-sepolia");
        using var chain = Connect("arbitrum-sepolia", anvil);
        await DeployAsync("arbitrum-sepolia", anvil, broadcast: true, WriteKey(LocalMoney.FaucetKey));
        var block = await chain.ReadBlockNumberAsync();

        var again = await DeployAsync("arbitrum-sepolia", anvil, broadcast: true, NewKey());

        Assert.All(again.Contracts, contract => Assert.Equal((ContractState.Stands, null), (contract.State, contract.Transaction)));
        Assert.Null(again.FirstBlock);
        Assert.Equal(("0", "0"), (again.Gas, again.Reserve));
        Assert.Equal(block, await chain.ReadBlockNumberAsync());
    }

    [Fact]
    public async Task A_deployment_that_broke_off_is_finished()
    {
        using var anvil = StartChain("arbitrum-one");
        using var sender = Connect("arbitrum-one", anvil, LocalMoney.FaucetKey);
        await new ContractDeployer(sender).DeployAsync(artifacts, artifacts.DeploymentOrder[0]);

        var dry = await DeployAsync("arbitrum-one", anvil, broadcast: false, key: null);
        var sent = await DeployAsync("arbitrum-one", anvil, broadcast: true, WriteKey(LocalMoney.FaucetKey));

        Assert.Equal([ContractState.Stands, .. dry.Contracts.Skip(1).Select(_ => ContractState.Missing)], dry.Contracts.Select(contract => contract.State));
        Assert.Equal([ContractState.Stands, .. sent.Contracts.Skip(1).Select(_ => ContractState.Deployed)], sent.Contracts.Select(contract => contract.State));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Wrong_code_at_an_address_is_reported(bool broadcast)
    {
        using var anvil = StartChain("arbitrum-sepolia");
        using var chain = Connect("arbitrum-sepolia", anvil);
        await new Forknet(chain).CopyCodeAsync(artifacts.Deployer, artifacts.InferencePayment.Address);

        var refused = await RefusedAsync("arbitrum-sepolia", anvil.Url, broadcast, WriteKey(LocalMoney.FaucetKey));

        Assert.Contains("other code than InferencePayment", refused, StringComparison.Ordinal);
        Assert.Equal(0UL, await chain.ReadBlockNumberAsync());
    }

    [Fact]
    public async Task One_changed_byte_of_the_code_is_wrong_code()
    {
        using var anvil = StartChain("arbitrum-sepolia");
        using var sender = Connect("arbitrum-sepolia", anvil, LocalMoney.FaucetKey);
        var contract = artifacts.ValidatorRegistry;
        await new ContractDeployer(sender).DeployAllAsync(artifacts, withTestToken: false);
        var code = await sender.ReadCodeAsync(contract.Address);
        code[^1] ^= 1;
        await new Web3(anvil.Url).Client.SendRequestAsync("anvil_setCode", null, contract.Address.ToString(), Hex.Format(code));

        Assert.Contains("ValidatorRegistry", await RefusedAsync("arbitrum-sepolia", anvil.Url, broadcast: false, key: null), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ForeignCodeException>(() => new ContractDeployer(sender).DeployAsync(artifacts, contract));
    }

    [Fact]
    public async Task The_wrong_chain_is_named_with_its_network()
    {
        using var anvil = StartChain("arbitrum-sepolia");
        var refused = await RefusedAsync("arbitrum-one", anvil.Url, broadcast: true, WriteKey(LocalMoney.FaucetKey));
        Assert.Contains("421614 (arbitrum-sepolia)", refused, StringComparison.Ordinal);
        Assert.Contains("Nothing was sent", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_chain_without_the_create2_deployer_is_refused(bool broadcast)
    {
        using var anvil = new AnvilNode(421614, "--disable-default-create2-deployer");
        var refused = await RefusedAsync("arbitrum-sepolia", anvil.Url, broadcast, WriteKey(LocalMoney.FaucetKey));
        Assert.Contains($"no CREATE2 deployer at {artifacts.Deployer}", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_poor_account_sends_nothing_and_hears_what_it_must_hold()
    {
        using var anvil = StartChain("arbitrum-one");
        using var chain = Connect("arbitrum-one", anvil);
        var refused = await RefusedAsync("arbitrum-one", anvil.Url, broadcast: true, NewKey());
        Assert.Contains("holds 0 ETH, and the deployment may need up to 0.", refused, StringComparison.Ordinal);
        Assert.Equal(0UL, await chain.ReadBlockNumberAsync());
    }

    [Fact]
    public async Task A_real_network_is_sent_to_with_a_key_of_ones_own_only()
    {
        using var anvil = StartChain("arbitrum-one");
        Assert.Contains("--key-file", await RefusedAsync("arbitrum-one", anvil.Url, broadcast: true, key: null), StringComparison.Ordinal);
        Assert.Contains("is missing", await RefusedAsync("arbitrum-one", anvil.Url, broadcast: true, Path.Combine(folder, "none.key")), StringComparison.Ordinal);

        var open = NewKey();
        File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", await RefusedAsync("arbitrum-one", anvil.Url, broadcast: true, open), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_node_is_named_without_what_follows_its_host()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var silent = await Assert.ThrowsAsync<ChainUnavailableException>(
            () => RunAsync("arbitrum-one", $"http://127.0.0.1:{port}/v2/account-secret", broadcast: false, key: null));

        Assert.Contains($"127.0.0.1:{port}", silent.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("account-secret", silent.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deploy", "--network")]
    [InlineData("deploy --network forknet --rpc foo", "--rpc is 'foo'")]
    [InlineData("deploy --network forknet --rpc ftp://127.0.0.1", "--rpc is 'ftp://127.0.0.1'")]
    [InlineData("deploy --network forknet --rpc http://127.0.0.1:8545 --broadcast --json", null)]
    public void The_command_line_is_checked_before_anything_is_asked(string line, string? problem)
    {
        var errors = new RootCommand { DeployCommand.Create() }.Parse(line).Errors;
        Assert.Equal(problem is not null, errors.Count > 0);
        Assert.All(errors, error => Assert.Contains(problem!, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0", "0 ETH")]
    [InlineData("1", "0.000000000000000001 ETH")]
    [InlineData("1500000000000000000", "1.5 ETH")]
    [InlineData("20000000000000000000", "20 ETH")]
    public void Coin_is_written_to_the_wei(string wei, string text) => Assert.Equal(text, Coin.Of(UInt128.Parse(wei, CultureInfo.InvariantCulture)));

    private AnvilNode StartChain(string network) => new((int)artifacts.Networks[network].ChainId);

    private ChainConnection Connect(string network, AnvilNode anvil, string? key = null) => new(
        new ChainSettings(
            new Uri(anvil.Url), artifacts.Networks[network].ChainId, artifacts.Networks[network].Token.Address,
            artifacts.InferencePayment.Address, artifacts.ValidatorRegistry.Address, 0),
        key);

    private Task<DeployReport> DeployAsync(string network, AnvilNode anvil, bool broadcast, string? key) => RunAsync(network, anvil.Url, broadcast, key);

    private Task<DeployReport> RunAsync(string network, string rpc, bool broadcast, string? key) =>
        new ContractDeployment(artifacts, new DeployRequest(network, new Uri(rpc), key, broadcast), _ => { }).RunAsync(default);

    private async Task<string> RefusedAsync(string network, string rpc, bool broadcast, string? key) =>
        (await Assert.ThrowsAsync<CliException>(() => RunAsync(network, rpc, broadcast, key))).Message;

    private string NewKey()
    {
        var state = new StateFolder(folder);
        var role = Guid.NewGuid().ToString("N");
        using var made = KeyFiles.Ensure(state, role);
        return state.KeyFile(role);
    }

    private string WriteKey(string key)
    {
        var path = Path.Combine(folder, Guid.NewGuid().ToString("N") + ".key");
        PrivateFile.Write(path, key + "\n");
        return path;
    }
}
