using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Ncn.Protocol;
using Ncn.Tests.Anvil;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests;

/// <summary>Refusals and silence, in words.</summary>
public sealed class FailureTests(LocalChain local) : IClassFixture<LocalChain>
{
    [Fact]
    public void Every_error_of_the_contracts_has_its_words()
    {
        var file = File.ReadAllBytes(Path.Combine(Repository.Root, "artifacts", "contracts", "ncn-contracts.json"));
        var errors = from contract in JsonDocument.Parse(file).RootElement.GetProperty("contracts").EnumerateObject()
                     from entry in contract.Value.GetProperty("abi").EnumerateArray()
                     where entry.GetProperty("type").GetString() == "error"
                     select $"{entry.GetProperty("name").GetString()}({string.Join(',', entry.GetProperty("inputs").EnumerateArray()
                         .Select(input => $"{input.GetProperty("type").GetString()} {input.GetProperty("name").GetString()}"))})";

        Assert.Empty(errors.Except(RevertReasons.Known));
    }

    [Fact]
    public async Task A_deposit_without_allowance_says_which_and_costs_no_gas()
    {
        var (client, node) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0));
        var before = await client.Chain.ReadEtherAsync(client.Address);

        var refused = await Assert.ThrowsAsync<ContractRevertedException>(() => client.Payments.DepositAsync(client.ChannelTo(node), new TokenAmount(5)));

        Assert.Equal("ERC20InsufficientAllowance", refused.Error);
        Assert.Contains("needed 5", refused.Message, StringComparison.Ordinal);
        Assert.Null(refused.Transaction);
        Assert.Equal(before, await client.Chain.ReadEtherAsync(client.Address));
    }

    [Fact]
    public async Task Only_the_minter_mints()
    {
        var stranger = await local.NewPartyAsync(0);
        var refused = await Assert.ThrowsAsync<ContractRevertedException>(() => stranger.Token.MintAsync(stranger.Address, new TokenAmount(1)));
        Assert.Contains($"NotMinter: caller {stranger.Address}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_transaction_does_not_spoil_the_next_one()
    {
        var party = await local.NewPartyAsync(1);
        await Assert.ThrowsAsync<ChainUnavailableException>(() => party.Chain.TransferEtherAsync(local.Minter.Address, UInt128.MaxValue));

        await party.Token.ApproveAsync(local.Minter.Address, new TokenAmount(1));

        Assert.True(await party.Chain.ReadEtherAsync(party.Address) > 0);
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_named()
    {
        // Bound and not listening: nobody answers there, and nobody else gets the port.
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndPoint!).Port}");
        using var chain = new ChainConnection(local.Settings with { Rpc = url });

        var failure = await Assert.ThrowsAsync<ChainUnavailableException>(chain.ReadBlockNumberAsync);

        Assert.Contains(url.GetLeftPart(UriPartial.Authority), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_without_a_key_reads_and_does_not_send()
    {
        using var chain = new ChainConnection(local.Settings);

        Assert.Equal((ulong)AnvilNode.ChainId, await chain.ReadChainIdAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => chain.TransferEtherAsync(local.Minter.Address, 1));
    }

    [Theory]
    [InlineData("Rpc", "ftp://somewhere")]
    [InlineData("ChainId", "0")]
    [InlineData("Token", "0x12")]
    [InlineData("InferencePayment", null)]
    [InlineData("ValidatorRegistry", "0x0000000000000000000000000000000000000000")]
    [InlineData("Confirmations", "-1")]
    public void A_bad_setting_is_named(string name, string? value)
    {
        var settings = Good();
        settings["Ncn:Chain:" + name] = value;

        var refused = Assert.Throws<FormatException>(() => ChainSettings.Read(key => settings.GetValueOrDefault(key)));

        Assert.Contains("Ncn:Chain:" + name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Good_settings_are_read()
    {
        var settings = Good();
        Assert.Equal(local.Settings, ChainSettings.Read(key => settings.GetValueOrDefault(key)));
    }

    private Dictionary<string, string?> Good() => new()
    {
        ["Ncn:Chain:Rpc"] = local.Settings.Rpc.ToString(),
        ["Ncn:Chain:ChainId"] = "412346",
        ["Ncn:Chain:Token"] = local.Settings.Token.ToString(),
        ["Ncn:Chain:InferencePayment"] = local.Settings.InferencePayment.ToString(),
        ["Ncn:Chain:ValidatorRegistry"] = local.Settings.ValidatorRegistry.ToString(),
        ["Ncn:Chain:BootstrapDirectory"] = local.Settings.BootstrapDirectory.ToString(),
    };
}
