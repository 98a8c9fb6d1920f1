using System.Net.Http.Json;
using System.Text.Json;
using Ncn.Chain;
using Ncn.Chain.Artifacts;
using Ncn.Chain.Payment;
using Ncn.Chain.Tokens;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Tests.Anvil;

namespace Ncn.Tests.Escrow;

/// <summary>anvil with the network's contracts, and parties that hold test dollars.</summary>
public sealed class LocalChain : IAsyncLifetime, IDisposable
{
    /// <summary>One dollar in atomic units.</summary>
    internal const ulong Dollar = 1_000_000;

    private readonly AnvilNode _anvil = new();

    internal ContractArtifacts Artifacts { get; } = LoadArtifacts();

    internal Party Minter { get; private set; } = null!;

    internal ChainSettings Settings { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Settings = new ChainSettings(
            new Uri(_anvil.Url), AnvilNode.ChainId, Artifacts.TestUsd.Address, Artifacts.InferencePayment.Address, Artifacts.ValidatorRegistry.Address, 0)
        {
            BootstrapDirectory = Artifacts.BootstrapDirectory.Address,
        };
        Minter = new Party(Settings, "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
        await new ContractDeployer(Minter.Chain).DeployAllAsync(Artifacts, withTestToken: true);
    }

    /// <summary>A new key with coin for gas and some dollars.</summary>
    internal async Task<Party> NewPartyAsync(ulong dollars, uint confirmations = 0)
    {
        var key = new byte[32];
        Random.Shared.NextBytes(key);
        key[0] = 1;
        var party = new Party(Settings with { Confirmations = confirmations }, Hex.Format(key));
        await Minter.Chain.TransferEtherAsync(party.Address, UInt128.Parse("1000000000000000000", null));
        if (dollars > 0)
        {
            await Minter.Token.MintAsync(party.Address, new TokenAmount(dollars * Dollar));
        }

        return party;
    }

    /// <summary>Remembers the chain as it is now.</summary>
    internal async Task<string> MarkAsync() => (await AskAsync("evm_snapshot")).GetString()!;

    /// <summary>
    /// The chain goes on from where it was at the mark, with empty blocks: what was in the blocks after it never happened, and nothing waits.
    /// It mines at least as many blocks as were taken back: a chain that takes over is never the shorter one.
    /// </summary>
    internal async Task ReorganizeAsync(string mark, uint blocks)
    {
        await AskAsync("anvil_dropAllTransactions");
        var before = await ReadHeadAsync();
        Assert.True((await AskAsync("evm_revert", mark)).GetBoolean());
        await AskAsync("anvil_mine", $"0x{Math.Max(blocks, before - await ReadHeadAsync()):x}");
    }

    /// <summary>The number of the newest block.</summary>
    internal async Task<ulong> ReadHeadAsync() => Convert.ToUInt64((await AskAsync("eth_blockNumber")).GetString(), 16);

    private async Task<JsonElement> AskAsync(string method, params object[] parameters)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsJsonAsync(Settings.Rpc, new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("result");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _anvil.Dispose();

    private static ContractArtifacts LoadArtifacts()
    {
        Repository.RunNode("contracts/script/export.mjs");
        return ContractArtifacts.Load(Path.Combine(Repository.Root, "artifacts", "contracts", "ncn-contracts.json"));
    }
}

/// <summary>Somebody with a key, and the contracts seen through it.</summary>
internal sealed class Party
{
    internal Party(ChainSettings settings, string key)
    {
        Key = key;
        Chain = new ChainConnection(settings, key);
        Signer = new Signer(Hex.ParseBytes(key));
        Token = new TokenContract(Chain, settings.Token);
        Payments = new InferencePaymentContract(Chain);
    }

    internal string Key { get; }

    internal ChainConnection Chain { get; }

    internal Signer Signer { get; }

    internal Address Address => Signer.Address;

    internal TokenContract Token { get; }

    internal InferencePaymentContract Payments { get; }

    internal ChannelConfig ChannelTo(Party receiver) => NodeChannel.Config(Address, receiver.Address, Chain.Settings.Token);

    internal ChannelId IdOf(ChannelConfig config) => config.Id(Chain.Settings.PaymentsDomain);

    /// <summary>Deposits into a channel, approving first.</summary>
    internal async Task FundAsync(ChannelConfig config, ulong amount)
    {
        await Token.EnsureAllowanceAsync(Chain.Settings.InferencePayment, new TokenAmount(amount));
        await Payments.DepositAsync(config, new TokenAmount(amount));
    }

    internal VoucherClaim Promise(ChannelConfig config, ulong max, ulong claim) => new(
        SignedVoucher.Create(config, new TokenAmount(max), Signer, Chain.Settings.PaymentsDomain), new TokenAmount(claim));

    internal async Task<ulong> DollarsAsync() => (ulong)(await Token.ReadBalanceAsync(Address)).Units;
}
