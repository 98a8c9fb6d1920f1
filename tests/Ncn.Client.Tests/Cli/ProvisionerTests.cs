using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
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
        Assert.Equal(LocalMoney.CoinGrant, await chain.ReadEtherAsync(node.Address));
    }

    [Fact]
    public async Task Settings_are_for_the_owner_only_and_say_whether_the_network_is_free()
    {
        await new Provisioner(new ProvisionRequest(state, new Uri(anvil.Url), 1, FreeOfCharge: true), _ => { }).RunAsync(default);
        Assert.True(NetworkSettings.Read(state).FreeOfCharge);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(state.NetworkEnvironment));
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
