using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.Chain.Artifacts;

/// <summary>How a deployment ended.</summary>
/// <param name="Transaction">Null when the contract stood there already.</param>
public sealed record Deployment(string Name, Address Address, Hash32? Transaction);

/// <summary>Puts contracts where CREATE2 says, whoever sends the transaction and however often, and says before what that takes.</summary>
public sealed class ContractDeployer(ChainConnection chain)
{
    // A node behind a balancer may be some blocks behind the one that saw the transaction mined.
    private static readonly TimeSpan SightLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SightInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>What <see cref="DeployAllAsync"/> would do. Sends nothing.</summary>
    /// <exception cref="ChainException">The chain refused or did not answer.</exception>
    public async Task<DeploymentPlan> PlanAsync(ContractArtifacts artifacts, bool withTestToken)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        var hasDeployer = await chain.HasCodeAsync(artifacts.Deployer).ConfigureAwait(false);
        var contracts = new List<PlannedContract>();
        foreach (var contract in Wanted(artifacts, withTestToken))
        {
            var standing = await LookAsync(contract).ConfigureAwait(false);

            // A constructor may ask for the code of an earlier contract, which will stand by then.
            var earlier = contracts.Where(planned => planned.Standing == StandingCode.None).Select(planned => planned.Contract.Address).ToArray();
            var gas = standing == StandingCode.None && hasDeployer
                ? await chain.EstimateGasAsync(CallOf(artifacts, contract), earlier).ConfigureAwait(false)
                : 0;
            contracts.Add(new PlannedContract(contract, standing, gas));
        }

        return new DeploymentPlan(hasDeployer, contracts, await chain.ReadGasPriceAsync().ConfigureAwait(false));
    }

    /// <summary>Deploys one contract, unless it stands there.</summary>
    /// <exception cref="ForeignCodeException">Other code than was built stands at the address.</exception>
    /// <exception cref="ChainException">The chain lacks the CREATE2 deployer, refused, or did not answer.</exception>
    public async Task<Deployment> DeployAsync(ContractArtifacts artifacts, ContractArtifact contract, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        ArgumentNullException.ThrowIfNull(contract);
        if (await LookAsync(contract).ConfigureAwait(false) is var standing and not StandingCode.None)
        {
            return standing == StandingCode.AsBuilt ? new Deployment(contract.Name, contract.Address, null) : throw new ForeignCodeException(contract);
        }

        if (!await chain.HasCodeAsync(artifacts.Deployer).ConfigureAwait(false))
        {
            throw new ChainUnavailableException($"The chain has no CREATE2 deployer at {artifacts.Deployer}: deploy it first, or use a chain that has it.");
        }

        var receipt = await chain.SendAsync(CallOf(artifacts, contract), cancellationToken).ConfigureAwait(false);
        return await AwaitAsync(contract, cancellationToken).ConfigureAwait(false) switch
        {
            StandingCode.AsBuilt => new Deployment(contract.Name, contract.Address, receipt.Transaction),
            StandingCode.Other => throw new ForeignCodeException(contract),
            _ => throw new ChainUnavailableException($"{contract.Name} was deployed in {receipt.Transaction} but no code stands at {contract.Address}."),
        };
    }

    /// <summary>Deploys every contract in order; those of local chains only where <paramref name="withTestToken"/>.</summary>
    public async Task<IReadOnlyList<Deployment>> DeployAllAsync(ContractArtifacts artifacts, bool withTestToken, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        var done = new List<Deployment>();
        foreach (var contract in Wanted(artifacts, withTestToken))
        {
            done.Add(await DeployAsync(artifacts, contract, cancellationToken).ConfigureAwait(false));
        }

        return done;
    }

    private static IEnumerable<ContractArtifact> Wanted(ContractArtifacts artifacts, bool withTestToken) =>
        artifacts.DeploymentOrder.Where(contract => withTestToken || !contract.IsLocal);

    private static TransactionCall CallOf(ContractArtifacts artifacts, ContractArtifact contract) =>
        new(artifacts.Deployer, contract.DeploymentData, $"The deployment of {contract.Name}");

    private async Task<StandingCode> LookAsync(ContractArtifact contract)
    {
        var code = await chain.ReadCodeAsync(contract.Address).ConfigureAwait(false);
        return code.Length == 0 ? StandingCode.None
            : contract.RuntimeCode.Matches(code) ? StandingCode.AsBuilt
            : StandingCode.Other;
    }

    private async Task<StandingCode> AwaitAsync(ContractArtifact contract, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; ; waited += SightInterval)
        {
            var standing = await LookAsync(contract).ConfigureAwait(false);
            if (standing != StandingCode.None || waited >= SightLimit)
            {
                return standing;
            }

            await Task.Delay(SightInterval, cancellationToken).ConfigureAwait(false);
        }
    }
}
