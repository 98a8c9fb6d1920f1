using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
using Ncn.Cli;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Ncn.Protocol;
using Ncn.Tests.Anvil;

namespace Ncn.Client.Tests.Cli;

public sealed class ProvisionerTests : IDisposable
{
    private readonly AnvilNode anvil = new();
    private readonly StateFolder state = new(Directory.CreateTempSubdirectory().FullName);

    public ProvisionerTests() => Repository.RunNode("contracts/script/export.mjs");

    public void Dispose()
    {
        anvil.Dispose();
        Directory.Delete(state.Path, recursive: true);
    }

    [Fact]
    public async Task A_network_is_prepared_once_and_a_second_run_changes_nothing()
    {
        var first = await ProvisionAsync(workers: 1);
        Assert.Contains(first, line => line.Contains("InferencePayment was deployed", StringComparison.Ordinal));
        var settings = NetworkSettings.Read(state);
        using var chain = new ChainConnection(settings.ToChain());
        var block = await chain.ReadBlockNumberAsync();

        var second = await ProvisionAsync(workers: 1);
        Assert.All(second, line => Assert.Contains(" stands at ", line, StringComparison.Ordinal));
        Assert.Equal(Forknet.CanonicalX402, settings.InferencePayment);
        Assert.Equal(block, await chain.ReadBlockNumberAsync());
        Assert.Equal(settings, NetworkSettings.Read(state));

        var (client, channel) = ClientChannel(settings);
        Assert.Equal(LocalMoney.ChannelDeposit, (await new InferencePaymentContract(chain).ReadChannelAsync(channel)).Balance);
        Assert.Equal(LocalMoney.Grant - LocalMoney.ChannelDeposit, await new TokenContract(chain, settings.Token).ReadBalanceAsync(client));
        Assert.Equal("vision", (await new ValidatorRegistryContract(chain).ReadSubnetAsync(new SubnetId(2))).Name);
    }

    [Fact]
    public async Task A_worker_that_is_added_later_gets_a_key_and_coin()
    {
        await ProvisionAsync(workers: 1);
        await ProvisionAsync(workers: 2);
        using var node = KeyFiles.Read(state.KeyFile(KeyFiles.Node(2)));
        using var chain = new ChainConnection(NetworkSettings.Read(state).ToChain());

        // Its stakes have cost it some gas.
        Assert.InRange(await chain.ReadEtherAsync(node.Address), LocalMoney.CoinGrant - LocalMoney.LowCoin, LocalMoney.CoinGrant);
    }

    [Fact]
    public async Task Gateway_and_nodes_stake_in_both_subnets_and_relays_hold_coin_alone()
    {
        await ProvisionAsync(workers: 2);
        var settings = NetworkSettings.Read(state);
        using var chain = new ChainConnection(settings.ToChain());
        var (registry, token) = (new ValidatorRegistryContract(chain), new TokenContract(chain, settings.Token));
        foreach (var subnet in new[] { new SubnetId(1), new SubnetId(2) })
        {
            Assert.Equal(14UL * 24 * 3600, (await registry.ReadSubnetAsync(subnet)).Parameters.UnbondingDelay);
            Assert.Equal(LocalMoney.GatewayStake, (await registry.ReadStakeAsync(subnet, SubnetRole.Gateway, AddressOf(KeyFiles.Gateway))).Bonded);
            Assert.Equal(LocalMoney.NodeStake, (await registry.ReadStakeAsync(subnet, SubnetRole.Node, AddressOf(KeyFiles.Node(1)))).Bonded);
            Assert.Equal(LocalMoney.NodeStake, (await registry.ReadStakeAsync(subnet, SubnetRole.Node, AddressOf(KeyFiles.Node(2)))).Bonded);
        }

        Assert.Equal(LocalMoney.Grant, await token.ReadBalanceAsync(AddressOf(KeyFiles.Gateway)));
        Assert.Equal(TokenAmount.Zero, await token.ReadBalanceAsync(AddressOf(KeyFiles.Node(1))));
        foreach (var relay in new[] { AddressOf(KeyFiles.Relay("text")), AddressOf(KeyFiles.Relay("vision")) })
        {
            Assert.Equal(LocalMoney.CoinGrant, await chain.ReadEtherAsync(relay));
            Assert.Equal(TokenAmount.Zero, await token.ReadBalanceAsync(relay));
        }
    }

    [Theory]
    [InlineData("Ncn__Chain__Deployment")]
    [InlineData("Ncn__Chain__ValidatorRegistry")]
    public async Task A_folder_of_other_contracts_is_refused_and_left_as_it_is(string setting)
    {
        await ProvisionAsync(workers: 1);
        var other = File.ReadLines(state.NetworkEnvironment).Select(line => line.StartsWith(setting, StringComparison.Ordinal) ? $"{setting}={Forknet.CanonicalCollector}" : line).ToArray();
        File.WriteAllLines(state.NetworkEnvironment, other);

        var refused = await Assert.ThrowsAsync<CliException>(() => ProvisionAsync(workers: 1));

        Assert.Contains(state.Path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("--state", refused.Message, StringComparison.Ordinal);
        Assert.Equal(other, File.ReadAllLines(state.NetworkEnvironment));
    }

    [Fact]
    public async Task A_folder_from_before_the_deployment_was_kept_is_refused()
    {
        await ProvisionAsync(workers: 1);
        File.WriteAllLines(state.NetworkEnvironment, [.. File.ReadLines(state.NetworkEnvironment).Where(line => !line.StartsWith("Ncn__Chain__Deployment", StringComparison.Ordinal))]);
        await Assert.ThrowsAsync<CliException>(() => ProvisionAsync(workers: 1));
    }

    [Fact]
    public async Task Settings_are_for_the_owner_only_and_say_whether_the_network_is_free()
    {
        await new Provisioner(new ProvisionRequest(state, new Uri(anvil.Url), 1, FreeOfCharge: true), _ => { }).RunAsync(default);
        Assert.True(NetworkSettings.Read(state).FreeOfCharge);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(state.NetworkEnvironment));
    }

    private Address AddressOf(string role)
    {
        using var signer = KeyFiles.Read(state.KeyFile(role));
        return signer.Address;
    }

    private async Task<List<string>> ProvisionAsync(int workers)
    {
        var lines = new List<string>();
        await new Provisioner(new ProvisionRequest(state, new Uri(anvil.Url), workers, FreeOfCharge: false), lines.Add).RunAsync(default);
        return lines;
    }

    private (Address Client, ChannelId Channel) ClientChannel(NetworkSettings settings)
    {
        using var client = KeyFiles.Read(state.KeyFile(KeyFiles.Client));
        using var gateway = KeyFiles.Read(state.KeyFile(KeyFiles.Gateway));
        return (client.Address, Provisioner.ClientChannel(client.Address, gateway.Address, settings.Token).Id(settings.ToChain().PaymentsDomain));
    }
}
