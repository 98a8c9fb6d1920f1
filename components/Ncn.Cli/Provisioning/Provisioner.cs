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
/// <remarks>1 keys; 2 contracts; 3 coin for gas; 4 subnets, stakes and validators; 5 test dollars; 6 the client's channel; 7 the settings file.</remarks>
internal sealed class Provisioner(ProvisionRequest request, Action<string> print)
{
    private readonly Lock printing = new();

    public async Task RunAsync(CancellationToken cancellation)
    {
        var artifacts = ContractsFile.Load();
        ContractsFile.Require(request.State, artifacts);
        using var turn = await ChainTurn.TakeAsync(request.Rpc, cancellation);
        var nodes = Enumerable.Range(1, request.Workers).Select(KeyFiles.Node).ToArray();
        var accounts = EnsureKeys([KeyFiles.Client, KeyFiles.Gateway, .. LocalStakes.Subnets.Select(KeyFiles.Relay), .. LocalStakes.Subnets.Select(KeyFiles.StreamRelay), .. nodes, .. LocalValidators.KeysOf(request.Validators)]);
        var settings = await LocalContracts.SettingsAsync(request.Rpc, artifacts);
        using var faucet = new ChainConnection(settings, LocalMoney.FaucetKey);
        await LocalContracts.DeployAsync(faucet, artifacts, Log, cancellation);
        foreach (var (_, account) in accounts.Where(static account => !KeyFiles.IsSilent(account.Key)))
        {
            await GiveCoinAsync(faucet, account, cancellation);
        }

        var stakes = new LocalStakes(faucet, Log);
        await StakeAsync(stakes, nodes, cancellation);
        await new LocalValidators(request.State, faucet, Log).ProvisionAsync(stakes, request.Validators, cancellation);
        foreach (var (_, account) in accounts.Where(static account => account.Key == KeyFiles.Gateway || KeyFiles.IsPurse(account.Key)))
        {
            await GiveDollarsAsync(faucet, settings, account, cancellation);
        }

        await FillChannelAsync(faucet, settings, accounts[KeyFiles.Client], accounts[KeyFiles.Gateway], cancellation);
        WriteSettings(settings, artifacts, accounts);
    }

    /// <summary>The channel on which the local client pays the local gateway: the one that stock x402 clients make too.</summary>
    public static ChannelConfig ClientChannel(Address client, Address gateway, Address token) =>
        new(client, client, gateway, gateway, token, WithdrawDelay: 900, default);

    private void Log(string line)
    {
        lock (printing)
        {
            print(line);
        }
    }

    private Dictionary<string, Address> EnsureKeys(IReadOnlyList<string> roles) => roles.ToDictionary(role => role, role =>
    {
        using var signer = KeyFiles.IsVoting(role) ? VotingKey.Ensure(request.State.KeyFile(role)) : KeyFiles.Ensure(request.State, role);
        return signer.Address;
    });

    // Each operator sends with a key of its own, so the nodes need not wait for each other.
    private async Task StakeAsync(LocalStakes stakes, string[] nodes, CancellationToken cancellation)
    {
        await stakes.CreateSubnetsAsync(ReadKey(KeyFiles.Gateway), cancellation);
        await stakes.StakeAsync(ReadKey(KeyFiles.Gateway), SubnetRole.Gateway, LocalMoney.GatewayStake, LocalStakes.HomeOf(0), cancellation);
        await Task.WhenAll(nodes.Select((node, index) => stakes.StakeAsync(ReadKey(node), SubnetRole.Node, LocalMoney.NodeStake, LocalStakes.HomeOf(index), cancellation)));
    }

    private string ReadKey(string role) => File.ReadAllText(request.State.KeyFile(role)).Trim();

    private async Task GiveCoinAsync(ChainConnection faucet, Address account, CancellationToken cancellation)
    {
        if (await faucet.ReadEtherAsync(account) < LocalMoney.LowCoin)
        {
            await faucet.TransferEtherAsync(account, LocalMoney.CoinGrant, cancellation);
            Log($"{account} got coin for gas");
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
            Log($"{account} got {LocalMoney.Grant} units of the test dollar");
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
        using var payer = new ChainConnection(settings, ReadKey(KeyFiles.Client));
        await new TokenContract(payer, settings.Token).EnsureAllowanceAsync(settings.InferencePayment, LocalMoney.ChannelDeposit, cancellation);
        await new InferencePaymentContract(payer).DepositAsync(config, LocalMoney.ChannelDeposit, cancellation);
        Log($"{client} deposited {LocalMoney.ChannelDeposit} units into its channel to {gateway}");
    }

    private void WriteSettings(ChainSettings settings, ContractArtifacts artifacts, Dictionary<string, Address> accounts) => new NetworkSettings
    {
        Rpc = settings.Rpc.AbsoluteUri.TrimEnd('/'),
        ChainId = settings.ChainId,
        Token = settings.Token,
        InferencePayment = settings.InferencePayment,
        ValidatorRegistry = settings.ValidatorRegistry,
        Deployment = artifacts.InferencePayment.Address,
        BootstrapDirectory = artifacts.BootstrapDirectory.Address,
        Contracts = ContractsFile.Location,
        StateDirectory = request.State.Path,
        FreeOfCharge = request.FreeOfCharge,
        ReRunsFor = string.Join(',', accounts.Where(static account => KeyFiles.CallsVerifier(account.Key)).Select(static account => account.Value)),
        ReRunsBy = accounts.TryGetValue(KeyFiles.Verifier, out var verifier) ? verifier : null,
        OperatorToken = File.Exists(request.State.NetworkEnvironment)
            ? NetworkSettings.Read(request.State).OperatorToken
            : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
    }.Write(request.State);
}
