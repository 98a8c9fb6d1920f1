using System.Globalization;
using Ncn.Chain;
using Ncn.Chain.Artifacts;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Ncn.Protocol;

namespace Ncn.Cli.Deploying;

/// <summary>What deploy was asked for.</summary>
/// <param name="Network">A name of contracts/networks.json.</param>
/// <param name="Rpc">Null: the network's public node.</param>
/// <param name="KeyFile">Whose coin pays; null for a dry run, or on the forknet for its well-known account.</param>
/// <param name="Broadcast">False: send nothing.</param>
internal sealed record DeployRequest(string Network, Uri? Rpc, string? KeyFile, bool Broadcast);

/// <summary>Puts the contracts on a chain, or says what that would take.</summary>
/// <remarks>
/// 1. the key, 2. the chain's id, 3. what stands and what is missing, with estimates, 4. nothing foreign at the addresses and the CREATE2
/// deployer in place; a dry run ends here. 5. coin for all of it, 6. each contract in order, its code checked when it stands.
/// </remarks>
internal sealed class ContractDeployment(ContractArtifacts artifacts, DeployRequest request, Action<string> progress)
{
    private readonly ChainNetwork network = artifacts.Networks[request.Network];

    /// <exception cref="CliException">Something does not fit; nothing was sent.</exception>
    /// <exception cref="ChainException">The chain refused, did not answer, or has other code at an address; later contracts were not sent.</exception>
    public async Task<DeployReport> RunAsync(CancellationToken cancellation)
    {
        var key = ChooseKey();
        using var chain = new ChainConnection(Settings(), key);
        await CheckChainAsync(chain);
        var deployer = new ContractDeployer(chain);
        var plan = await deployer.PlanAsync(artifacts, network.IsLocal);
        CheckPlan(plan);
        UInt128? balance = chain.Sender is { } sender ? await chain.ReadEtherAsync(sender) : null;
        if (!request.Broadcast)
        {
            return Report(chain, plan, balance, null, []);
        }

        CheckBalance(chain, plan, balance);
        var block = await chain.ReadBlockNumberAsync();
        return Report(chain, plan, balance, block, await SendAsync(chain, deployer, cancellation));
    }

    private Uri Rpc => request.Rpc ?? network.Rpc;

    private ChainSettings Settings() => new(
        Rpc, network.ChainId, network.Token.Address, artifacts.InferencePayment.Address, artifacts.ValidatorRegistry.Address, Confirmations: 0);

    private string? ChooseKey()
    {
        if (request.KeyFile is { } file)
        {
            return KeyFiles.ReadPrivate(file);
        }

        return !request.Broadcast ? null
            : network.IsLocal ? LocalMoney.FaucetKey
            : throw new CliException($"Sending on {network.Title} needs an account with coin: give its key with --key-file. Nothing was sent.");
    }

    private async Task CheckChainAsync(ChainConnection chain)
    {
        var id = await chain.ReadChainIdAsync();
        if (id != network.ChainId)
        {
            var other = artifacts.Networks.FirstOrDefault(known => known.Value.ChainId == id).Key;
            throw new CliException(
                $"The node {Rpc.GetLeftPart(UriPartial.Authority)} is of chain {id}{(other is null ? "" : $" ({other})")}, and {request.Network} is chain {network.ChainId}. "
                + "Give the right node with --rpc, or the right network with --network. Nothing was sent.");
        }
    }

    private void CheckPlan(DeploymentPlan plan)
    {
        if (plan.Contracts.FirstOrDefault(contract => contract.Standing == StandingCode.Other) is { } foreign)
        {
            throw new CliException(
                $"At {foreign.Contract.Address} on {network.Title} stands other code than {foreign.Contract.Name} as it was built. "
                + "Check that the contracts were built from this version and that the chain is the right one. Nothing was sent.");
        }

        if (!plan.HasDeployer && plan.Missing.Any())
        {
            throw new CliException(
                $"{network.Title} has no CREATE2 deployer at {artifacts.Deployer}, without which the contracts would get other addresses. "
                + "Deploy it first (github.com/Arachnid/deterministic-deployment-proxy), or use a chain that has it. Nothing was sent.");
        }
    }

    private static void CheckBalance(ChainConnection chain, DeploymentPlan plan, UInt128? balance)
    {
        if (balance < plan.Reserve)
        {
            throw new CliException(
                $"{chain.Sender} holds {Coin.Of(balance.Value)}, and the deployment may need up to {Coin.Of(plan.Reserve)} (about {Coin.Of(plan.Cost)} at the present price). "
                + "Send the account coin and repeat. Nothing was sent.");
        }
    }

    private async Task<IReadOnlyList<Deployment>> SendAsync(ChainConnection chain, ContractDeployer deployer, CancellationToken cancellation)
    {
        progress($"sending from {chain.Sender}");
        var done = await deployer.DeployAllAsync(artifacts, network.IsLocal, cancellation);
        if (network.IsLocal)
        {
            await new CanonicalCopies(chain).EnsureAsync(artifacts);
        }

        return done;
    }

    private DeployReport Report(ChainConnection chain, DeploymentPlan plan, UInt128? balance, ulong? block, IReadOnlyList<Deployment> done)
    {
        var contracts = plan.Contracts.Select(planned =>
        {
            var transaction = done.FirstOrDefault(deployment => deployment.Name == planned.Contract.Name)?.Transaction;
            var state = transaction is not null ? ContractState.Deployed
                : planned.Standing == StandingCode.AsBuilt || request.Broadcast ? ContractState.Stands
                : ContractState.Missing;
            return new DeployedContract(
                planned.Contract.Name, planned.Contract.Address, state, Text(planned.Gas), Text(planned.Gas * plan.GasPrice),
                state == ContractState.Missing ? planned.Contract.DeploymentData : null, transaction, CanonicalOf(planned.Contract.Name));
        });
        return new DeployReport(
            request.Network, network.ChainId, Rpc.GetLeftPart(UriPartial.Authority), request.Broadcast, chain.Sender, balance is { } coin ? Text(coin) : null,
            artifacts.Deployer, Text(plan.GasPrice), Text(plan.Gas), Text(plan.Cost), Text(plan.Reserve),
            done.Any(deployment => deployment.Name == artifacts.InferencePayment.Name && deployment.Transaction is not null) ? block : null,
            network.Token.Address, [.. contracts]);
    }

    private Address? CanonicalOf(string name) =>
        network.Canonical is { } canonical && canonical.TryGetValue(name, out var address) ? address : null;

    private static string Text(UInt128 number) => number.ToString(CultureInfo.InvariantCulture);
}
