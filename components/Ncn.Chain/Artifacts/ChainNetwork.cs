using Ncn.Protocol;

namespace Ncn.Chain.Artifacts;

/// <summary>A chain that the contracts are deployed on, from contracts/networks.json.</summary>
/// <param name="Title">For people.</param>
/// <param name="ChainId">What a node of the chain must state.</param>
/// <param name="Rpc">A node that anyone may ask.</param>
/// <param name="Explorer">Where people look transactions up; null for the forknet.</param>
/// <param name="Token">The dollar that is paid in.</param>
/// <param name="Canonical">Second addresses of contracts, by name; null but for the forknet.</param>
public sealed record ChainNetwork(
    string Title, ulong ChainId, Uri Rpc, Uri? Explorer, NetworkToken Token, IReadOnlyDictionary<string, Address>? Canonical)
{
    /// <summary>True for a chain of one machine, where test dollars are minted.</summary>
    public bool IsLocal => Canonical is not null;
}

/// <summary>The token of a network, with what its EIP-712 domain needs.</summary>
public sealed record NetworkToken(Address Address, string Name, string Version, string Symbol, byte Decimals);
