using System.Security.Cryptography;
using Ncn.Chain;
using Ncn.Chain.Artifacts;
using Ncn.Chain.Payment;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
using Ncn.Cli.Network;
using Ncn.Protocol;

namespace Ncn.Cli.Provisioning;

/// <summary>Prepares a local chain and the state folder, before the apps start. Each step looks first and does only what is missing.</summary>
/// <remarks>1 keys; 2 contracts; 3 coin for gas; 4 test dollars; 5 the client's channel; 6 subnets; 7 the settings file.</remarks>
internal sealed class Provisioner(ProvisionRequest request, Action<string> log)
{
    private static readonly string[] Subnets = ["text", "vision"];
    private static readonly SubnetParameters SubnetParameters = new(
        default, default, default, UnbondingDelay: 14 * 86_400, EpochLength: 600, VerificationFloor: 500, Policy: default);

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var client = KeyFiles.Ensure(request.State, KeyFiles.Client);
        using var gateway = KeyFiles.Ensure(request.State, KeyFiles.Gateway);
        var nodes = Enumerable.Range(1, request.Workers).Select(index => KeyFiles.Ensure(request.State, KeyFiles.Node(index))).ToArray();
        var artifacts = LoadArtifacts();
        var settings = await SettingsAsync(artifacts);
        using var faucet = new ChainConnection(settings, LocalMoney.FaucetKey);
        await DeployAsync(faucet, artifacts, cancellation);
        foreach (var account in new[] { client, gateway }.Concat(nodes))
        {
            await GiveCoinAsync(faucet, account.Address, cancellation);
        }

        await GiveDollarsAsync(faucet, settings, gateway.Address, cancellation);
        await FillChannelAsync(faucet, settings, client.Address, gateway.Address, cancellation);
        await CreateSubnetsAsync(settings, cancellation);
        WriteSettings(settings);
        Array.ForEach(nodes, node => node.Dispose());
    }

    /// <summary>The channel on which the local client pays the local gateway: the one that stock x402 clients make too.</summary>
    public static ChannelConfig ClientChannel(Address client, Address gateway, Address token) =>
        new(client, client, gateway, gateway, token, WithdrawDelay: 900, default);

    private static string ContractsFile => Path.Combine(Installation.Root, "artifacts", "contracts", "ncn-contracts.json");

    private static ContractArtifacts LoadArtifacts()
    {
        try
        {
            return ContractArtifacts.Load(ContractsFile);
        }
        catch (FileNotFoundException)
        {
            throw new CliException($"{ContractsFile} is missing. Build the contracts: node contracts/script/export.mjs");
        }
    }

    private async Task<ChainSettings> SettingsAsync(ContractArtifacts artifacts)
    {
        var settings = new ChainSettings(
            request.Rpc, 1, artifacts.TestUsd.Address, artifacts.InferencePayment.Address, artifacts.ValidatorRegistry.Address, Confirmations: 0);
        using var reader = new ChainConnection(settings);
        return settings with { ChainId = await reader.ReadChainIdAsync() };
    }

    private async Task DeployAsync(ChainConnection faucet, ContractArtifacts artifacts, CancellationToken cancellation)
    {
        foreach (var deployment in await new ContractDeployer(faucet).DeployAllAsync(artifacts, withTestToken: true, cancellation))
        {
            log($"{deployment.Name} {(deployment.Transaction is null ? "stands" : "was deployed")} at {deployment.Address}");
        }
    }

    private async Task GiveCoinAsync(ChainConnection faucet, Address account, CancellationToken cancellation)
    {
        if (await faucet.ReadEtherAsync(account) < LocalMoney.LowCoin)
        {
            await faucet.TransferEtherAsync(account, LocalMoney.CoinGrant, cancellation);
            log($"{account} got coin for gas");
        }
    }

    private async Task GiveDollarsAsync(ChainConnection faucet, ChainSettings settings, Address account, CancellationToken cancellation)
    {
        var token = new TokenContract(faucet, settings.Token);
        var escrow = new InferencePaymentContract(faucet);
        var owned = await token.ReadBalanceAsync(account) + await escrow.ReadUnallocatedAsync(account, settings.Token);
        if (owned.IsZero)
        {
            await token.MintAsync(account, LocalMoney.Grant, cancellation);
            log($"{account} got {LocalMoney.Grant} units of the test dollar");
        }
    }

    private async Task FillChannelAsync(ChainConnection faucet, ChainSettings settings, Address client, Address gateway, CancellationToken cancellation)
    {
        var config = ClientChannel(client, gateway, settings.Token);
        var channel = await new InferencePaymentContract(faucet).ReadChannelAsync(config.Id(settings.PaymentsDomain));
        if (!channel.Balance.IsZero)
        {
            return;
        }

        await GiveDollarsAsync(faucet, settings, client, cancellation);
        using var payer = new ChainConnection(settings, (await File.ReadAllTextAsync(request.State.KeyFile(KeyFiles.Client), cancellation)).Trim());
        await new TokenContract(payer, settings.Token).EnsureAllowanceAsync(settings.InferencePayment, LocalMoney.ChannelDeposit, cancellation);
        await new InferencePaymentContract(payer).DepositAsync(config, LocalMoney.ChannelDeposit, cancellation);
        log($"{client} deposited {LocalMoney.ChannelDeposit} units into its channel to {gateway}");
    }

    private async Task CreateSubnetsAsync(ChainSettings settings, CancellationToken cancellation)
    {
        using var owner = new ChainConnection(settings, (await File.ReadAllTextAsync(request.State.KeyFile(KeyFiles.Gateway), cancellation)).Trim());
        var registry = new ValidatorRegistryContract(owner);
        for (var count = await registry.ReadSubnetCountAsync(); count < Subnets.Length; count++)
        {
            var subnet = await registry.CreateSubnetAsync(Subnets[count], settings.Token, SubnetParameters, cancellation);
            log($"subnet {subnet.Id} is {subnet.Name}");
        }
    }

    private void WriteSettings(ChainSettings settings) => new NetworkSettings
    {
        Rpc = settings.Rpc.AbsoluteUri.TrimEnd('/'),
        ChainId = settings.ChainId,
        Token = settings.Token,
        InferencePayment = settings.InferencePayment,
        ValidatorRegistry = settings.ValidatorRegistry,
        Contracts = ContractsFile,
        StateDirectory = request.State.Path,
        FreeOfCharge = request.FreeOfCharge,
        OperatorToken = File.Exists(request.State.NetworkEnvironment)
            ? NetworkSettings.Read(request.State).OperatorToken
            : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
    }.Write(request.State);
}
