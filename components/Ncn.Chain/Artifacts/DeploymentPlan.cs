namespace Ncn.Chain.Artifacts;

/// <summary>What stands at a contract's address.</summary>
public enum StandingCode
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The contract that was built.</summary>
    AsBuilt,

    /// <summary>Something else. CREATE2 cannot put it there; a local chain's owner can.</summary>
    Other,
}

/// <summary>One contract of a deployment.</summary>
/// <param name="Gas">What sending it is estimated to take; 0 when there is nothing to send.</param>
public sealed record PlannedContract(ContractArtifact Contract, StandingCode Standing, ulong Gas);

/// <summary>What a deployment would do and cost.</summary>
/// <param name="HasDeployer">The CREATE2 deployer stands on the chain; without it there are no estimates.</param>
/// <param name="Contracts">In the order of sending.</param>
/// <param name="GasPrice">What the node says a unit of gas costs now, in wei.</param>
public sealed record DeploymentPlan(bool HasDeployer, IReadOnlyList<PlannedContract> Contracts, UInt128 GasPrice)
{
    // A transaction's gas has a margin, and its fee leaves room for the base fee to double.
    private static readonly UInt128 ReserveFactor = 3;

    /// <summary>Those that are still to be sent.</summary>
    public IEnumerable<PlannedContract> Missing => Contracts.Where(contract => contract.Standing == StandingCode.None);

    /// <summary>Gas of all transactions.</summary>
    public ulong Gas => Contracts.Aggregate(0UL, (sum, contract) => sum + contract.Gas);

    /// <summary>What they cost at the present price, in wei.</summary>
    public UInt128 Cost => Gas * GasPrice;

    /// <summary>What the sender must hold, in wei, so that none of them is refused for lack of coin.</summary>
    public UInt128 Reserve => Cost * ReserveFactor;
}

/// <summary>At a contract's address stands other code than was built.</summary>
public sealed class ForeignCodeException : ChainException
{
    internal ForeignCodeException(ContractArtifact contract)
        : base($"At {contract.Address} stands other code than {contract.Name} as it was built: check that the contracts were built from this version and that the chain is the right one.")
    {
    }
}
