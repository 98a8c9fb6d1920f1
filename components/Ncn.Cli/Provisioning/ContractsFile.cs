using Ncn.Chain.Artifacts;
using Ncn.Cli.Network;

namespace Ncn.Cli.Provisioning;

/// <summary>The exported contracts, and whether a state folder was made with them.</summary>
internal static class ContractsFile
{
    public static string Location => Path.Combine(Installation.Root, "artifacts", "contracts", "ncn-contracts.json");

    /// <exception cref="CliException">The contracts were not built.</exception>
    public static ContractArtifacts Load()
    {
        try
        {
            return ContractArtifacts.Load(Location);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"{Location} is missing. Build the contracts: node contracts/script/export.mjs");
        }
        catch (FormatException malformed)
        {
            throw new CliException(malformed.Message);
        }
    }

    /// <summary>False when the folder's chain has other contracts than these: its money, channels and stakes are theirs.</summary>
    public static bool Fits(StateFolder state, ContractArtifacts artifacts) =>
        !File.Exists(state.NetworkEnvironment)
        || (NetworkSettings.Read(state) is { } made
            && made.Deployment == artifacts.InferencePayment.Address
            && made.ValidatorRegistry == artifacts.ValidatorRegistry.Address
            && made.Token == artifacts.TestUsd.Address);

    /// <exception cref="CliException">The folder belongs to other contracts.</exception>
    public static void Require(StateFolder state, ContractArtifacts artifacts)
    {
        if (!Fits(state, artifacts))
        {
            throw new CliException(
                $"The state folder {state.Path} was made with other contracts than this version's: its chain, balances and channels do not fit them. "
                + "Delete the folder to start afresh, or give another one with --state.");
        }
    }
}
