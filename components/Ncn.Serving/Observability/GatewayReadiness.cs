using Dapr.Actors.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Observability;

/// <summary>A part that keeps a gateway from serving.</summary>
/// <param name="Part">process, registry or chain: for anybody.</param>
/// <param name="Detail">What is wrong, for the operator; it may name addresses.</param>
public sealed record ReadinessProblem(string Part, string Detail);

/// <summary>
/// Says whether a gateway can serve, by asking each part that it cannot serve without: the registry through the sidecar, and the chain where
/// somebody pays. What was found is good for two seconds, so that asking costs little however often it is done.
/// </summary>
public sealed class GatewayReadiness(
    IActorProxyFactory actors, IEscrowReader escrow, GatewayIdentity identity, IOptions<GatewayOptions> options, TimeProvider time,
    IHostApplicationLifetime? lifetime = null)
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly Lock _gate = new();
    private Task<IReadOnlyList<ReadinessProblem>>? _finding;
    private long _begunAt;

    /// <summary>All problems; none for a gateway that is ready.</summary>
    public Task<IReadOnlyList<ReadinessProblem>> FindAsync()
    {
        if (lifetime?.ApplicationStopping.IsCancellationRequested is true)
        {
            return Task.FromResult<IReadOnlyList<ReadinessProblem>>([new ReadinessProblem("process", "the gateway is stopping and takes no more requests")]);
        }

        lock (_gate)
        {
            if (_finding is null || (_finding.IsCompleted && time.GetElapsedTime(_begunAt) > GoodFor))
            {
                _begunAt = time.GetTimestamp();
                _finding = LookAsync();
            }

            return _finding;
        }
    }

    private async Task<IReadOnlyList<ReadinessProblem>> LookAsync()
    {
        var registry = ProblemAsync("registry", ReadRegistryAsync);
        var chain = identity.FreeOfCharge ? Task.FromResult<ReadinessProblem?>(null) : ProblemAsync("chain", ReadChainAsync);
        return [.. (await Task.WhenAll(registry, chain)).OfType<ReadinessProblem>()];
    }

    private async Task<ReadinessProblem?> ProblemAsync(string part, Func<Task> ask)
    {
        try
        {
            await ask().WaitAsync(Patience, time);
            return null;
        }
        catch (Exception unreachable)
        {
            return new ReadinessProblem(part, $"the {part} cannot be reached ({unreachable.Message}); the gateway becomes ready when it can");
        }
    }

    private Task ReadRegistryAsync() => actors
        .CreateActorProxy<ISubnetActor>(ActorTypes.IdOf(new SubnetId(options.Value.Subnet)), ActorTypes.Subnet).GetSnapshotAsync(ulong.MaxValue);

    private Task ReadChainAsync() => escrow.ReadAsync(default, CancellationToken.None);
}
