using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.ComputeWorker.Jobs;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Evidence;

/// <summary>Knows who the validators of a subnet are.</summary>
internal interface ISubnetValidators
{
    /// <summary>Whether this is a consensus key of the subnet's current set.</summary>
    /// <exception cref="JobRefusedException">The chain does not say.</exception>
    Task<bool> IsValidatorAsync(SubnetId subnet, Address key, CancellationToken cancellationToken);
}

/// <summary>As the chain says, at most some seconds old: whoever asks much has little read.</summary>
internal sealed class ChainValidators(ChainConnection chain, TimeProvider time) : ISubnetValidators, IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly CurrentSetReader _reader = new(chain);
    private readonly ConcurrentDictionary<SubnetId, (ImmutableSortedDictionary<Address, UInt128> Set, DateTimeOffset At)> _known = [];

    public async Task<bool> IsValidatorAsync(SubnetId subnet, Address key, CancellationToken cancellationToken)
    {
        if (!_known.TryGetValue(subnet, out var known) || time.GetUtcNow() - known.At >= Fresh)
        {
            try
            {
                _known[subnet] = known = (await _reader.ReadAsync(subnet, cancellationToken).WaitAsync(Patience, time, cancellationToken), time.GetUtcNow());
            }
            catch (Exception failure) when (failure is ChainException or TimeoutException)
            {
                throw new JobRefusedException(JobRefusalReason.ChainUnavailable, "The chain does not say who the validators are: ask again.", failure);
            }
        }

        return known.Set.ContainsKey(key);
    }

    public void Dispose() => chain.Dispose();
}
