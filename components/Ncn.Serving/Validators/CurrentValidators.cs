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

/// <summary>The set of the epoch that is open on the chain.</summary>
internal sealed class ChainValidatorSet : IValidatorSetReader, IDisposable
{
    private readonly ChainConnection _connection;
    private readonly CurrentSetReader _reader;
    private readonly SubnetId _subnet;

    public ChainValidatorSet(ChainSettings settings, IOptions<GatewayOptions> options)
    {
        (_connection, _subnet) = (new ChainConnection(settings), new SubnetId(options.Value.Subnet));
        _reader = new CurrentSetReader(_connection);
    }

    public Task<ImmutableSortedDictionary<Address, UInt128>> ReadAsync(CancellationToken cancellationToken) => _reader.ReadAsync(_subnet, cancellationToken);

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
