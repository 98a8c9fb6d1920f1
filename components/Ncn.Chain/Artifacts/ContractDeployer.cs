using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.Chain.Artifacts;

/// <summary>How a deployment ended.</summary>
/// <param name="Transaction">Null when the contract stood there already.</param>
public sealed record Deployment(string Name, Address Address, Hash32? Transaction);

/// <summary>Puts contracts where CREATE2 says, whoever sends the transaction and however often.</summary>
public sealed class ContractDeployer(ChainConnection chain)
{
    /// <summary>Deploys one contract, unless its code is there.</summary>
    /// <exception cref="ChainException">The chain lacks the CREATE2 deployer, refused, or did not answer.</exception>
    public async Task<Deployment> DeployAsync(ContractArtifacts artifacts, ContractArtifact contract, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        ArgumentNullException.ThrowIfNull(contract);
        if (await chain.HasCodeAsync(contract.Address).ConfigureAwait(false))
        {
            return new Deployment(contract.Name, contract.Address, null);
        }

        if (!await chain.HasCodeAsync(artifacts.Deployer).ConfigureAwait(false))
        {
            throw new ChainUnavailableException($"The chain has no CREATE2 deployer at {artifacts.Deployer}: deploy it first, or use a chain that has it.");
        }

        var call = new TransactionCall(
            artifacts.Deployer, new HexBytes([.. contract.Salt.ToArray(), .. contract.CreationCode.Span]), $"The deployment of {contract.Name}");
        var receipt = await chain.SendAsync(call, cancellationToken).ConfigureAwait(false);
        return await chain.HasCodeAsync(contract.Address).ConfigureAwait(false)
            ? new Deployment(contract.Name, contract.Address, receipt.Transaction)
            : throw new ChainUnavailableException($"{contract.Name} was deployed in {receipt.Transaction} but no code stands at {contract.Address}.");
    }

    /// <summary>Deploys InferencePayment, ValidatorRegistry and, where <paramref name="withTestToken"/>, TestUsd.</summary>
    public async Task<IReadOnlyList<Deployment>> DeployAllAsync(ContractArtifacts artifacts, bool withTestToken, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        ContractArtifact[] wanted = [artifacts.InferencePayment, artifacts.ValidatorRegistry, .. withTestToken ? (ContractArtifact[])[artifacts.TestUsd] : []];
        var done = new List<Deployment>();
        foreach (var contract in wanted)
        {
            done.Add(await DeployAsync(artifacts, contract, cancellationToken).ConfigureAwait(false));
        }

        return done;
    }
}
