using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Chain.Registry;

/// <summary>Reads who votes in a subnet's open epoch. A snapshot that was read once is not read again. Safe for concurrent use.</summary>
public sealed class CurrentSetReader(ChainConnection chain)
{
    private readonly ConsensusContract _contract = new(chain);
    private readonly ConcurrentDictionary<SubnetId, SnapshotView> _known = [];

    /// <summary>Consensus keys with their stakes in atomic units; empty before the first epoch.</summary>
    /// <exception cref="ChainException">No node gave a usable answer.</exception>
    public async Task<ImmutableSortedDictionary<Address, UInt128>> ReadAsync(SubnetId subnet, CancellationToken cancellationToken)
    {
        var current = await _contract.ReadCurrentEpochAsync(subnet).WaitAsync(cancellationToken);
        if (current == 0 || await _contract.ReadEpochAsync(subnet, current).WaitAsync(cancellationToken) is not { } epoch)
        {
            return ImmutableSortedDictionary<Address, UInt128>.Empty;
        }

        if (!_known.TryGetValue(subnet, out var snapshot) || snapshot.Id != epoch.Snapshot)
        {
            _known[subnet] = snapshot = await _contract.ReadSnapshotAsync(subnet, epoch.Snapshot).WaitAsync(cancellationToken);
        }

        return snapshot.Voters.ToImmutableSortedDictionary(static voter => voter.Key, static voter => voter.Weight.Units);
    }
}
