using Ncn.Chain;
using Ncn.Chain.Artifacts;

namespace Ncn.Cli.Provisioning;

/// <summary>The contracts of a local network: where CREATE2 puts them, and where stock x402 clients look for them.</summary>
internal static class LocalContracts
{
    /// <summary>The chain and the contracts that the network uses on it: the escrow is the one that stock x402 clients know.</summary>
    public static async Task<ChainSettings> SettingsAsync(Uri rpc, ContractArtifacts artifacts)
    {
        var settings = new ChainSettings(rpc, 1, artifacts.TestUsd.Address, Forknet.CanonicalX402, artifacts.ValidatorRegistry.Address, Confirmations: 0);
        using var reader = new ChainConnection(settings);
        return settings with { ChainId = await reader.ReadChainIdAsync() };
    }

    public static async Task DeployAsync(ChainConnection faucet, ContractArtifacts artifacts, Action<string> log, CancellationToken cancellation)
    {
        foreach (var deployment in await new ContractDeployer(faucet).DeployAllAsync(artifacts, withTestToken: true, cancellation))
        {
            log($"{deployment.Name} {(deployment.Transaction is null ? "stands" : "was deployed")} at {deployment.Address}");
        }

        foreach (var copy in await new CanonicalCopies(faucet).EnsureAsync(artifacts))
        {
            log($"{copy.Name} {(copy.IsNew ? "was copied to" : "stands at")} {copy.Address}, where stock x402 clients look for it");
        }
    }
}
