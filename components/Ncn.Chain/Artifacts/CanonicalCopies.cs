using Ncn.Protocol;

namespace Ncn.Chain.Artifacts;

/// <summary>A contract's second address on a local chain.</summary>
/// <param name="IsNew">False when the same code stood there already.</param>
public sealed record CanonicalCopy(string Name, Address Address, bool IsNew);

/// <summary>
/// On a local chain the contracts stand also where stock x402 clients look for them: the clients have these addresses built in. Their
/// immutables are part of the code, so a copy knows the same registry; storage is its own.
/// </summary>
public sealed class CanonicalCopies(ChainConnection chain)
{
    /// <summary>Copies the code of the deployed contracts, unless it stands there.</summary>
    /// <exception cref="ChainException">The contracts are not deployed, or this is no local chain.</exception>
    public async Task<IReadOnlyList<CanonicalCopy>> EnsureAsync(ContractArtifacts artifacts)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        var copies = new List<CanonicalCopy>();
        foreach (var (name, address) in Forknet.Canonical)
        {
            if (artifacts.Contracts.TryGetValue(name, out var contract))
            {
                copies.Add(new CanonicalCopy(name, address, await CopyAsync(contract, address).ConfigureAwait(false)));
            }
        }

        return copies;
    }

    private async Task<bool> CopyAsync(ContractArtifact contract, Address address)
    {
        var code = await chain.ReadCodeAsync(contract.Address).ConfigureAwait(false);
        if (code.Length == 0)
        {
            throw new ChainUnavailableException($"{contract.Name} does not stand at {contract.Address}: deploy it before copying it to {address}.");
        }

        var present = await chain.ReadCodeAsync(address).ConfigureAwait(false);
        if (code.AsSpan().SequenceEqual(present))
        {
            return false;
        }

        await new Forknet(chain).CopyCodeAsync(contract.Address, address).ConfigureAwait(false);
        return true;
    }
}
