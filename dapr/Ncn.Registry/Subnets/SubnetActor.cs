using System.Collections.Immutable;
using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Chain;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;
using Ncn.Registry.Hosting;

namespace Ncn.Registry.Subnets;

/// <summary>Holds <see cref="SubnetState"/> of one subnet: members are durable, loads live with the activation.</summary>
[Actor(TypeName = ActorTypes.Subnet)]
internal sealed class SubnetActor(ActorHost host, TimeProvider time, ChainSettings chain, SubnetLimits limits) : Actor(host), ISubnetActor
{
    private const string MembershipKey = "membership";
    private readonly SubnetId _subnet = new(uint.Parse(host.Id.GetId(), System.Globalization.CultureInfo.InvariantCulture));
    private readonly FreeSlotsReport _report = new(host);
    private SubnetState _state = SubnetState.Empty;

    public Task<NodeResult> JoinAsync(Signed<NodeRecord> record)
    {
        // Encoding a record for its signature needs all its parts, so its form is checked first.
        if (record?.Message is not { } message || !RecordRules.IsWellFormed(message) || !record.IsSignedBy(message.Operator, chain.NetworkDomain))
        {
            return Task.FromResult(NodeAnswers.NotSigned);
        }

        return TurnAsync(message.Operator, new SubnetInput.Join(time.NowMilliseconds(), _subnet, message, record.Signature));
    }

    public Task<NodeResult> HeartbeatAsync(Signed<NodeHeartbeat> heartbeat) =>
        heartbeat?.Message is { } message && heartbeat.IsSignedBy(message.Operator, chain.NetworkDomain)
            ? TurnAsync(message.Operator, new SubnetInput.Heartbeat(time.NowMilliseconds(), message))
            : Task.FromResult(NodeAnswers.NotSigned);

    public Task<NodeResult> LeaveAsync(Signed<NodeLeave> leave) =>
        leave?.Message is { } message && leave.IsSignedBy(message.Operator, chain.NetworkDomain)
            ? TurnAsync(message.Operator, new SubnetInput.Leave(time.NowMilliseconds(), message))
            : Task.FromResult(NodeAnswers.NotSigned);

    public async Task<RoutingSnapshot?> GetSnapshotAsync(ulong knownVersion)
    {
        await ApplyAsync(new SubnetInput.Tick(time.NowMilliseconds()));
        return _state.Version == knownVersion ? null : Snapshot();
    }

    public Task RegisterChannelAsync(ChannelId channel) => ChannelIndex.AddAsync(StateManager, channel);

    public Task<ChannelId[]> ListChannelsAsync() => ChannelIndex.ListAsync(StateManager);

    public Task ObserveAsync(SubnetObservation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return ApplyAsync(new SubnetInput.Observe(
            time.NowMilliseconds(), observation.Parameters, observation.Operator, observation.Stake, observation.ReorganizedFrom));
    }

    public Task<SubnetMirror> GetMirrorAsync() => Task.FromResult(_state.Mirror);

    public async Task WatchRoomAsync(PoolWatch pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        await _report.WatchAsync(pool, StateManager);
        await SaveStateAsync();
        _report.Send(_subnet, _state);
    }

    protected override async Task OnActivateAsync()
    {
        await _report.LoadAsync(StateManager);
        var kept = await StateManager.TryGetStateAsync<Membership>(MembershipKey);
        var durable = kept.HasValue ? kept.Value.Over(_state) : _state;
        durable = durable with { Mirror = await MirrorStore.LoadAsync(StateManager) };
        (_state, _) = SubnetMembership.Apply(durable, new SubnetInput.Restart(time.NowMilliseconds()), limits);
    }

    private async Task<NodeResult> TurnAsync(Address node, SubnetInput input)
    {
        var outputs = await ApplyAsync(input);
        var outcome = outputs.OfType<SubnetOutput.Reply>().Single().Outcome;
        return NodeAnswers.Of(outcome, _state.Members.ContainsKey(node));
    }

    private async Task<IReadOnlyList<SubnetOutput>> ApplyAsync(SubnetInput input)
    {
        var (next, outputs) = SubnetMembership.Apply(_state, input, limits);
        if (!ReferenceEquals(next.Members, _state.Members) || !ReferenceEquals(next.Departed, _state.Departed))
        {
            await StateManager.SetStateAsync(MembershipKey, new Membership(next.Members, next.Departed, next.Signatures));
        }

        // Commits what was staged; nothing staged is nothing written.
        await MirrorStore.StageAsync(StateManager, _state.Mirror, next.Mirror);
        await SaveStateAsync();

        _state = next;
        foreach (var output in outputs)
        {
            CarryOut(output);
        }

        return outputs;
    }

    private void CarryOut(SubnetOutput output)
    {
        switch (output)
        {
            case SubnetOutput.ReportFreeSlots:
                _report.Send(_subnet, _state);
                break;
            case SubnetOutput.Lost lost:
                Logger.LogInformation("Node {Node} of subnet {Subnet} was silent or its record expired; it is out until it joins again.", lost.Operator, _subnet);
                break;
            case SubnetOutput.Reply:
                break;
            default:
                throw new InvalidOperationException($"{output.GetType().Name} is not carried out.");
        }
    }

    private RoutingSnapshot Snapshot() => new(_state.Version, [.. _state.Members.Select(member =>
    {
        var load = _state.Loads[member.Key];
        Signature? signature = _state.Signatures.TryGetValue(member.Key, out var signed) ? signed : null;
        return new NodeView(
            member.Value, load.FreeSlots, load.Queued, load.LastSeen, _state.Mirror.Stakes.GetValueOrDefault(member.Key), signature);
    })], _state.Mirror.Parameters);

    /// <summary>The durable half of <see cref="SubnetState"/>.</summary>
    /// <param name="Signatures">Null in a state from before signatures were kept.</param>
    internal sealed record Membership(
        ImmutableSortedDictionary<Address, NodeRecord> Members, ImmutableSortedDictionary<Address, Departed> Departed,
        ImmutableSortedDictionary<Address, Signature>? Signatures = null)
    {
        public SubnetState Over(SubnetState state) =>
            state with { Members = Members, Departed = Departed, Signatures = Signatures ?? state.Signatures };
    }
}
