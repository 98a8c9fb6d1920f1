using System.Collections.Immutable;
using System.Net.Http.Headers;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Coordination.Standings;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Validators;

/// <summary>Asks the validators how nodes stand, and tells the subnet what more than two thirds of their stake say (<see cref="StandingAgreement"/>).</summary>
/// <remarks>
/// Each is asked for what is new only. A word counts when it is well-formed, signed by a key of the chain's current set, and newer than that key's
/// last; which URL it came from does not matter. What the subnet was not told yet is told again.
/// </remarks>
public sealed class StandingWatch(
    ValidatorConnections connections, CurrentValidators validators, IActorProxyFactory actors, GatewayIdentity identity, IOptions<ValidatorOptions> options,
    IOptions<GatewayOptions> gateway, TimeProvider time, ILogger<StandingWatch> log)
{
    private readonly Dictionary<Uri, EntityTagHeaderValue> _marks = [];
    private readonly Dictionary<Address, NodeStanding> _untold = [];
    private StandingState _state = StandingState.Empty;
    private DateTimeOffset _due = DateTimeOffset.MinValue;

    /// <summary>What is believed now.</summary>
    public BelievedStanding Believed => Volatile.Read(ref _state).Believed;

    /// <summary>Asks when it is time to; called every second.</summary>
    internal async Task TickAsync(CancellationToken cancellationToken)
    {
        var urls = options.Value.Urls;
        if (urls.Count == 0 || time.GetUtcNow() < _due)
        {
            return;
        }

        _due = time.GetUtcNow() + TimeSpan.FromMilliseconds(options.Value.StandingMilliseconds);
        var set = await validators.GetAsync(cancellationToken);
        Take(new StandingInput.SetChanged(set));
        var answers = await Task.WhenAll(urls.Select(async url => (Url: url, Said: await connections.ReadAsync(url, _marks.GetValueOrDefault(url), cancellationToken))));
        foreach (var (url, said) in answers)
        {
            if (said is { } heard)
            {
                Hear(url, heard.Standing, heard.Mark, set);
            }
        }

        await TellAsync();
    }

    private void Hear(Uri url, LedgerStanding standing, EntityTagHeaderValue? mark, ImmutableSortedDictionary<Address, UInt128> set)
    {
        _marks.Remove(url);
        if (!StandingAgreement.IsWellFormed(standing) || !set.ContainsKey(standing.Validator) || !standing.IsAuthentic(identity.NetworkDomain))
        {
            log.LogWarning("What {Url} says of nodes is not signed by a validator of the current set, or malformed; it is not believed", url);
            return;
        }

        _ = mark is not null && _marks.TryAdd(url, mark);
        Take(new StandingInput.Heard(standing, set));
    }

    private void Take(StandingInput input)
    {
        (var next, var outputs) = StandingAgreement.Apply(_state, input);
        Volatile.Write(ref _state, next);
        foreach (var node in outputs.OfType<StandingOutput.NodesChanged>().SelectMany(static changed => changed.Nodes))
        {
            _untold[node.Node] = node;
        }
    }

    private async Task TellAsync()
    {
        if (_untold.Count > 0)
        {
            var subnet = actors.CreateActorProxy<ISubnetActor>(ActorTypes.IdOf(new SubnetId(gateway.Value.Subnet)), ActorTypes.Subnet);
            await subnet.StandAsync([.. _untold.Values]);
            _untold.Clear();
        }
    }
}
