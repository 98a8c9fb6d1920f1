using System.Text;
using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Chain;
using Ncn.Coordination.Subnets;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Protocol;
using Ncn.Registry.Hosting;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Subnets;

/// <summary>Holds <see cref="SubnetState"/> of one subnet: members, what the chain said and the policy are durable, loads live with the activation.</summary>
[Actor(TypeName = ActorTypes.Subnet)]
internal sealed class SubnetActor(ActorHost host, TimeProvider time, ChainSettings chain, SubnetLimits limits) : StoredActor<SubnetState>(host, Schema), ISubnetActor
{
    private const int MaxJudgements = 256;
    private const string StandingsName = "standings";
    private static readonly StateSchema Schema = new(ActorTypes.Subnet, MemberStore.SplitAsync);
    private readonly SubnetId _subnet = new(uint.Parse(host.Id.GetId(), System.Globalization.CultureInfo.InvariantCulture));
    private readonly FreeSlotsReport _report = new(host);
    private (string? Text, Hash32? Hash) _policy;

    public async Task<NodeResult> JoinAsync(Signed<NodeRecord> record)
    {
        // Encoding a record for its signature needs all its parts, so its form is checked first.
        if (record?.Message is not { } message || !RecordRules.IsWellFormed(message) || !record.IsSignedBy(message.Operator, chain.NetworkDomain))
        {
            return NodeAnswers.NotSigned;
        }

        var state = await LoadAsync();
        return MemberStore.HasRoom(state, message)
            ? await TurnAsync(message.Operator, new SubnetInput.Join(time.NowMilliseconds(), _subnet, message, record.Signature))
            : NodeAnswers.Of(NodeOutcome.Full, state.Members.ContainsKey(message.Operator));
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
        var state = await LoadAsync();
        return state.Version == knownVersion ? null : Snapshot(state);
    }

    public Task RegisterChannelAsync(ChannelId channel) => ChannelIndex.AddAsync(StateManager, channel);

    public Task<ChannelId[]> ListChannelsAsync() => ChannelIndex.ListAsync(StateManager);

    public Task ObserveAsync(SubnetObservation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return ApplyAsync(new SubnetInput.Observe(
            time.NowMilliseconds(), observation.Parameters, observation.Operator, observation.Stake, observation.ReorganizedFrom)
        {
            Proposed = observation.Proposed,
            Owner = observation.Owner,
        });
    }

    public async Task<SubnetMirror> GetMirrorAsync() => (await LoadAsync()).Mirror;

    public async Task<PolicyResult> PublishPolicyAsync(PolicyText policy)
    {
        if (!PolicyReader.TryRead(Encoding.UTF8.GetBytes(policy?.Json ?? string.Empty), out var document, out var problem))
        {
            return new PolicyResult(false, null, $"The document is no policy: {problem}.");
        }

        var outputs = await ApplyAsync(new SubnetInput.Publish(time.NowMilliseconds(), document));
        return NodeAnswers.Of(outputs.OfType<SubnetOutput.PolicyReply>().Single().Outcome, document.Hash());
    }

    public async Task<SubnetRules> GetRulesAsync()
    {
        var state = await LoadAsync();
        return new SubnetRules(_policy.Text, _policy.Hash, state.Policies.Prepared?.Hash(), state.Mirror.Parameters, state.Mirror.Proposed, state.Mirror.Owner)
        {
            UnknownStakes = [.. state.UnknownStakes],
        };
    }

    public async Task JudgeAsync(NodeJudgements judgements)
    {
        ArgumentNullException.ThrowIfNull(judgements);
        foreach (var score in judgements.Scores.Take(MaxJudgements))
        {
            await ApplyAsync(new SubnetInput.Judge(time.NowMilliseconds(), judgements.Gateway, score.Node, score.Score));
        }
    }

    public async Task StandAsync(NodeStanding[] nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        var before = (await LoadAsync()).Standings;
        await ApplyAsync(new SubnetInput.Stand(time.NowMilliseconds(), [.. nodes.Take(StandingRules.MaxStandings)]));
        foreach (var node in nodes.Where(node => StandingRules.IsBarred(node) != StandingRules.IsBarred(before.GetValueOrDefault(node.Node))))
        {
            Logger.LogWarning("Node {Node} of subnet {Subnet} is {Status} for the validators after {Failed} false answers of {Checked}.", node.Node, _subnet, node.Status, node.Failed, node.Checked);
        }
    }

    public async Task WatchRoomAsync(PoolWatch pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        await _report.WatchAsync(pool, StateManager);
        var state = await LoadAsync();
        await CommitAsync(state);
        _report.Send(_subnet, state);
    }

    protected override Task OnActivateAsync() => _report.LoadAsync(StateManager);

    protected override async Task<SubnetState> ReadAsync()
    {
        var durable = await MemberStore.LoadAsync(StateManager);
        durable = durable with
        {
            Mirror = await MirrorStore.LoadAsync(StateManager),
            Policies = await PolicyStore.LoadAsync(StateManager),
            Standings = await Buckets.LoadAsync(StateManager, StandingsName, SubnetState.Empty.Standings),
        };
        var (state, _) = SubnetMembership.Apply(durable, new SubnetInput.Restart(time.NowMilliseconds()), limits);
        _policy = Written(state.Policies);
        return state;
    }

    private async Task<NodeResult> TurnAsync(Address node, SubnetInput input)
    {
        var outputs = await ApplyAsync(input);
        var outcome = outputs.OfType<SubnetOutput.Reply>().Single().Outcome;
        return NodeAnswers.Of(outcome, (await LoadAsync()).Members.ContainsKey(node));
    }

    private async Task<IReadOnlyList<SubnetOutput>> ApplyAsync(SubnetInput input)
    {
        var before = await LoadAsync();
        var (next, outputs) = SubnetMembership.Apply(before, input, limits);
        await MemberStore.StageAsync(StateManager, before, next);
        await MirrorStore.StageAsync(StateManager, before.Mirror, next.Mirror);
        await PolicyStore.StageAsync(StateManager, before.Policies, next.Policies);
        await Buckets.StageAsync(StateManager, StandingsName, before.Standings, next.Standings);
        await CommitAsync(next);

        _policy = ReferenceEquals(before.Policies, next.Policies) ? _policy : Written(next.Policies);
        foreach (var output in outputs)
        {
            CarryOut(next, output);
        }

        return outputs;
    }

    private void CarryOut(SubnetState state, SubnetOutput output)
    {
        switch (output)
        {
            case SubnetOutput.ReportFreeSlots:
                _report.Send(_subnet, state);
                break;
            case SubnetOutput.Lost lost:
                Logger.LogInformation("Node {Node} of subnet {Subnet} is forgotten: it was silent for long or its record expired. It may join again.", lost.Operator, _subnet);
                break;
            case SubnetOutput.Suspected suspected:
                Logger.LogInformation("Node {Node} of subnet {Subnet} is silent for longer than usual.", suspected.Operator, _subnet);
                break;
            case SubnetOutput.Ejected ejected:
                Logger.LogWarning("Node {Node} of subnet {Subnet} is silent; it gets no requests until it beats again.", ejected.Operator, _subnet);
                break;
            case SubnetOutput.Returned returned:
                Logger.LogInformation("Node {Node} of subnet {Subnet} is back.", returned.Operator, _subnet);
                break;
            case SubnetOutput.Dismissed dismissed:
                Logger.LogWarning("Node {Node} is no member of subnet {Subnet} any more: {Rule}.", dismissed.Operator, _subnet, dismissed.Rule);
                break;
            case SubnetOutput.Reply or SubnetOutput.PolicyReply:
                break;
            default:
                throw new InvalidOperationException($"{output.GetType().Name} is not carried out.");
        }
    }

    private RoutingSnapshot Snapshot(SubnetState state) => new(
        state.Version,
        [.. state.Members.Where(member => state.Loads[member.Key] is { Standing: not MemberStanding.Ejected, IsBarred: false }).Select(member => View(state, member.Key, member.Value))],
        state.Mirror.Parameters,
        _policy.Hash);

    private NodeView View(SubnetState state, Address node, NodeRecord record)
    {
        var load = state.Loads[node];
        var verification = state.Standings.GetValueOrDefault(node);
        Signature? signature = state.Signatures.TryGetValue(node, out var signed) ? signed : null;
        return new NodeView(record, load.FreeSlots, load.Queued, load.LastSeen, state.Mirror.Stakes.GetValueOrDefault(node), signature)
        {
            Standing = load.Standing,
            IsDraining = load.IsDraining,
            Verification = verification,
            Score = Judgements.ScoreOf(load, time.NowMilliseconds(), limits) * StandingRules.ScoreOf(verification) / CapacityScore.Full,
        };
    }

    private static (string? Text, Hash32? Hash) Written(SubnetPolicies policies) =>
        policies.InForce is { } policy ? (Encoding.UTF8.GetString(policy.Canonical()), policy.Hash()) : (null, null);
}
