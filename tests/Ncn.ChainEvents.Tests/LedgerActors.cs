using System.Collections.Concurrent;
using Dapr.Actors;
using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Coordination.Subnets;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Tests;

/// <summary>Actors in memory, over the real ledger: what the registry host would answer.</summary>
internal sealed class LedgerActors : IActorProxyFactory
{
    private readonly ConcurrentDictionary<string, LedgerChannel> _channels = new();

    internal MemorySubnet Subnet { get; } = new();

    /// <summary>Every call fails as it does when no sidecar answers.</summary>
    internal bool Unreachable { get; set; }

    internal LedgerChannel Channel(ChannelId channel) => _channels.GetOrAdd(channel.ToString(), static _ => new LedgerChannel());

    public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor => (TActorInterface)CreateActorProxy(actorId, typeof(TActorInterface), actorType, options);

    public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) =>
        Unreachable ? throw new HttpRequestException("no sidecar")
        : actorType == ActorTypes.Subnet ? Subnet : Channel(ChannelId.Parse(actorId.GetId()));

    public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) =>
        throw new NotSupportedException("This app uses typed proxies only.");
}

internal sealed class MemorySubnet : ISubnetActor
{
    private readonly Lock _turn = new();

    internal List<ChannelId> Channels { get; } = [];

    internal List<NodeRecord> Nodes { get; } = [];

    internal Dictionary<Address, MirroredStake> Bonded { get; } = [];

    public Task<ChannelId[]> ListChannelsAsync() => Task.FromResult(Channels.ToArray());

    public Task<RoutingSnapshot?> GetSnapshotAsync(ulong knownVersion) => Task.FromResult<RoutingSnapshot?>(
        Nodes.Count == 0 ? null : new RoutingSnapshot(1, [.. Nodes.Select(node => new NodeView(node, 1, 0, 0, Bonded.GetValueOrDefault(node.Operator)))]));

    internal SubnetState State { get; private set; } = SubnetState.Empty;

    public Task ObserveAsync(SubnetObservation observation)
    {
        var input = new SubnetInput.Observe(1, observation.Parameters, observation.Operator, observation.Stake, observation.ReorganizedFrom)
        {
            Proposed = observation.Proposed,
            Owner = observation.Owner,
        };
        lock (_turn)
        {
            (State, _) = SubnetMembership.Apply(State, input, new SubnetLimits(5_000));
        }

        return Task.CompletedTask;
    }

    public Task<SubnetMirror> GetMirrorAsync() => Task.FromResult(State.Mirror);

    public Task WatchRoomAsync(PoolWatch pool) => throw new NotSupportedException();

    public Task StandAsync(NodeStanding[] nodes) => throw Unused();

    public Task RegisterChannelAsync(ChannelId channel) => throw Unused();

    public Task<NodeResult> JoinAsync(Signed<NodeRecord> record) => throw Unused();

    public Task<NodeResult> HeartbeatAsync(Signed<NodeHeartbeat> heartbeat) => throw Unused();

    public Task<NodeResult> LeaveAsync(Signed<NodeLeave> leave) => throw Unused();

    public Task<PolicyResult> PublishPolicyAsync(PolicyText policy) => throw Unused();

    public Task<SubnetRules> GetRulesAsync() => Task.FromResult(new SubnetRules(
        null, null, null, State.Mirror.Parameters, State.Mirror.Proposed, State.Mirror.Owner) { UnknownStakes = [.. State.UnknownStakes] });

    public Task JudgeAsync(NodeJudgements judgements) => throw Unused();

    private static InvalidOperationException Unused() => new("The chain-events app only lists.");
}

internal sealed class LedgerChannel : IChannelActor
{
    private readonly Lock _turn = new();
    private ChannelState _state = ChannelState.Empty;

    public Task<ChannelResult[]> ApplyAsync(ChannelStep[] steps) => throw new NotSupportedException();

    public Task<string[]> ListLeftAsync(Holder life) => throw new NotSupportedException();

    internal int Records { get; private set; }

    public Task<ChannelResult> GetAsync() => Apply(new ChannelInput.Expire(0));

    public Task<ClaimableVoucher?> GetClaimableAsync() => Task.FromResult(
        _state.VoucherSignature is { } signature && _state.Charged > _state.Claimed
            ? new ClaimableVoucher(
                new SignedVoucher(_state.Config!, _state.VoucherMax, signature), TokenAmount.Min(_state.Charged, _state.VoucherMax),
                _state.Claimed, _state.FirstUnclaimedAt)
            : null);

    public Task<ChannelResult> StateAsync(StateCall call) => Apply(new ChannelInput.State(0, call.Voucher, call.RequestedAt));

    public Task<SignedVoucher?> GetVoucherAsync() => Task.FromResult(
        _state.VoucherSignature is { } signature ? new SignedVoucher(_state.Config!, _state.VoucherMax, signature) : null);

    /// <summary>The app's process ends before the record is made.</summary>
    internal bool DiesAtRecord { get; set; }

    public Task<ChannelResult> RecordClaimAsync(TokenAmount totalClaimed)
    {
        if (DiesAtRecord)
        {
            throw new ProcessDied();
        }

        Records++;
        return Apply(new ChannelInput.Claimed(0, totalClaimed));
    }

    public Task<ChannelResult> ObserveAsync(ObserveCall call) => Apply(new ChannelInput.Observe(0, call.Escrow, call.Ours, call.ReorganizedFrom));

    /// <summary>A request was served on this voucher, and charged in full.</summary>
    internal void Serve(ulong now, SignedVoucher voucher, TokenAmount amount)
    {
        var key = $"{voucher.MaxClaimableAmount}:{now}";
        var funds = new ChannelFunds(voucher.MaxClaimableAmount, TokenAmount.Zero);
        Assert.Equal(ChannelOutcome.Accepted, Step(new ChannelInput.Reserve(now, key, voucher, amount, funds, now + 1)).Outcome);
        Assert.Equal(ChannelOutcome.Accepted, Step(new ChannelInput.Charge(now, key, amount)).Outcome);
    }

    /// <summary>A request asks for its ceiling on this voucher, as a caller that has not seen a withdrawal.</summary>
    internal ChannelResult Reserve(SignedVoucher voucher, TokenAmount amount) => Step(new ChannelInput.Reserve(
        1, "asked", voucher, amount, new ChannelFunds(new TokenAmount(1_000_000), TokenAmount.Zero), ulong.MaxValue));

    public Task<ChannelResult> AuthorizeAsync(AuthorizeCall call) =>
        Apply(new ChannelInput.Authorize(0, call.Key, call.Config, call.Amount, call.Funds, call.ExpiresAt));

    public Task<ChannelResult> ReserveAsync(ReserveCall call) => throw Unused();

    public Task<ChannelResult> SplitAsync(SplitCall call) => throw Unused();

    public Task<ChannelResult> EndTurnAsync(string key) => throw Unused();

    public Task<ChannelResult> BeginRefundAsync(RefundCall call) => throw Unused();

    public Task<ChannelResult> EndRefundAsync(ulong nonce) => throw Unused();

    public Task<ChannelResult> ChargeAsync(ChargeCall call) => throw Unused();

    public Task<ChannelResult> SetPolicyAsync(PolicyCall call) => throw new NotSupportedException();

    public Task<ChannelSpending> ReadSpendingAsync() => throw new NotSupportedException();

    public Task<ChannelResult> ReleaseAsync(string key) => throw Unused();

    public Task<ChannelResult> RecognizeAsync(TokenAmount totalCharged) => throw Unused();

    private Task<ChannelResult> Apply(ChannelInput input) => Task.FromResult(Step(input));

    // An actor takes one call at a time.
    private ChannelResult Step(ChannelInput input)
    {
        lock (_turn)
        {
            (_state, var result) = ChannelLedger.Apply(_state, input);
            return result;
        }
    }

    private static InvalidOperationException Unused() => new("The chain-events app does not serve requests.");
}
