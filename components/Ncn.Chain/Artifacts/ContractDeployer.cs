using Ncn.Protocol;
using Nethereum.Hex.HexTypes;
using Nethereum.RPC.Eth.DTOs;

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

        var input = new TransactionInput
        {
            To = artifacts.Deployer.ToString(),
            Data = Hex.Format([.. contract.Salt.ToArray(), .. contract.CreationCode.Span]),
            Value = new HexBigInteger(0),
        };
        var receipt = await chain.SendRawAsync($"The deployment of {contract.Name}", input, cancellationToken).ConfigureAwait(false);
        return await chain.HasCodeAsync(contract.Address).ConfigureAwait(false)
            ? new Deployment(contract.Name, contract.Address, ChainConnection.HashOf(receipt))
            : throw new ChainUnavailableException($"{contract.Name} was deployed in {receipt.TransactionHash} but no code stands at {contract.Address}.");
    }

    /// <summary>Deploys ValidatorRegistry, InferencePayment, which needs it, Eip3009Collector and, where <paramref name="withTestToken"/>, TestUsd.</summary>
    public async Task<IReadOnlyList<Deployment>> DeployAllAsync(ContractArtifacts artifacts, bool withTestToken, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        ContractArtifact[] always = [artifacts.ValidatorRegistry, artifacts.InferencePayment, artifacts.Eip3009Collector];
        ContractArtifact[] wanted = withTestToken ? [.. always, artifacts.TestUsd] : always;
        var done = new List<Deployment>();
        foreach (var contract in wanted)
        {
            done.Add(await DeployAsync(artifacts, contract, cancellationToken).ConfigureAwait(false));
        }

        return done;
    }
}
