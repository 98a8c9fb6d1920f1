using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Validators;

/// <summary>Reads from the chain who the validators of this subnet are.</summary>
public interface IValidatorSetReader
{
    /// <summary>The consensus keys of the current epoch's set, with their stakes; empty before the first epoch.</summary>
    Task<ImmutableSortedDictionary<Address, UInt128>> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>The set of the epoch that is open on the chain. A set that was read once is not read again.</summary>
internal sealed class ChainValidatorSet(ChainSettings settings, IOptions<GatewayOptions> options) : IValidatorSetReader, IDisposable
{
    private readonly ChainConnection _connection = new(settings);
    private SnapshotView? _known;

    public async Task<ImmutableSortedDictionary<Address, UInt128>> ReadAsync(CancellationToken cancellationToken)
    {
        var (contract, subnet) = (new ConsensusContract(_connection), new SubnetId(options.Value.Subnet));
        var current = await contract.ReadCurrentEpochAsync(subnet).WaitAsync(cancellationToken);
        if (current == 0 || await contract.ReadEpochAsync(subnet, current).WaitAsync(cancellationToken) is not { } epoch)
        {
            return ImmutableSortedDictionary<Address, UInt128>.Empty;
        }

        _known = _known?.Id == epoch.Snapshot ? _known : await contract.ReadSnapshotAsync(subnet, epoch.Snapshot).WaitAsync(cancellationToken);
        return _known.Voters.ToImmutableSortedDictionary(static voter => voter.Key, static voter => voter.Weight.Units);
    }

    public void Dispose() => _connection.Dispose();
}

/// <summary>The validators of the chain's current set, at most some seconds old.</summary>
public sealed class CurrentValidators(IValidatorSetReader reader, TimeProvider time, ILogger<CurrentValidators> log) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _reading = new(1, 1);
    private ImmutableSortedDictionary<Address, UInt128> _set = ImmutableSortedDictionary<Address, UInt128>.Empty;
    private DateTimeOffset _readAt = DateTimeOffset.MinValue;

    /// <summary>Consensus keys and stakes. While the chain is not reached, as it was read last.</summary>
    public async Task<ImmutableSortedDictionary<Address, UInt128>> GetAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            if (time.GetUtcNow() - _readAt >= Fresh)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(Patience);
                _set = await reader.ReadAsync(limit.Token);
                _readAt = time.GetUtcNow();
            }
        }
        catch (Exception unread) when (!cancellationToken.IsCancellationRequested)
        {
            _readAt = time.GetUtcNow();
            log.LogWarning("The validators of the chain's current set could not be read, and the {Count} that were known count: {Reason}", _set.Count, unread.Message);
        }
        finally
        {
            _reading.Release();
        }

        return _set;
    }

    public void Dispose() => _reading.Dispose();
}
