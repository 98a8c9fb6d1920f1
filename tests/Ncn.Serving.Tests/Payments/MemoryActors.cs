using System.Collections.Concurrent;
using Dapr.Actors;
using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Coordination.Requests;
using Ncn.Coordination.Subnets;
using Ncn.Payments.Channels;
using Ncn.Payments.Policies;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Serving.Tests.Payments;

/// <summary>The registry's actors over their real cores, in memory. The mempool grants the leases that a test names.</summary>
internal sealed class MemoryActors(RoutingSnapshot snapshot, MemoryActors? shared = null) : IActorProxyFactory
{
    public const ulong Now = 1_790_000_000_000;

    private readonly ConcurrentDictionary<string, MemoryChannel> _channels = shared?._channels ?? [];
    private readonly ConcurrentDictionary<string, MemoryRequest> _requests = shared?._requests ?? [];

    /// <summary>The subnet as the registry has it now.</summary>
    public RoutingSnapshot Snapshot { get => Subnet.Snapshot; set => Subnet.Snapshot = value; }

    public MemoryMempool Mempool { get; } = new();

    public MemoryPayments Payments { get; } = new();

    public MemoryGuests Guests { get; } = new();

    public MemorySubnet Subnet { get; } = new(snapshot);

    public MemoryChannel Channel(ChannelId channel) => Find(_channels, channel.ToString());

    public MemoryRequest Request(RequestId request) => Find(_requests, request.ToString());

    public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor => (TActorInterface)(object)(actorType switch
        {
            ActorTypes.Channel => Find(_channels, actorId.GetId()),
            ActorTypes.Request => Find(_requests, actorId.GetId()),
            ActorTypes.Mempool => Mempool,
            ActorTypes.Payments => Payments,
            ActorTypes.Guest => Guests,
            _ => Subnet,
        });

    public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) =>
        throw new NotSupportedException();

    public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) => throw new NotSupportedException();

    private static T Find<T>(ConcurrentDictionary<string, T> all, string id)
        where T : new() => all.GetOrAdd(id, static _ => new T());
}

internal sealed class MemoryChannel : IChannelActor
{
    private readonly Lock _turn = new();

    public ChannelState State { get; private set; } = ChannelState.Empty;

    /// <summary>Calls of <see cref="ApplyAsync"/> so far.</summary>
    public int Batches { get; private set; }

    /// <summary>Runs before a batch: a test holds it up, or has it fail.</summary>
    public Func<ChannelStep[], Task> BeforeBatch { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Runs after a batch is done: a test has its answer be lost.</summary>
    public Action AfterBatch { get; set; } = static () => { };

    public async Task<ChannelResult[]> ApplyAsync(ChannelStep[] steps)
    {
        await BeforeBatch(steps);
        lock (_turn)
        {
            Batches++;
            (State, var results) = ChannelLedger.Apply(State, [.. steps.Select(static step => step.ToInput(MemoryActors.Now))]);
            AfterBatch();
            return [.. results];
        }
    }

    public Task<string[]> ListLeftAsync(Holder life) => Task.FromResult<string[]>([.. ChannelLedger.LeftBehind(State, life)]);

    public Task<ChannelResult> ReserveAsync(ReserveCall call) => Step(new ChannelStep { Reserve = call }.ToInput(MemoryActors.Now));

    public Task<ChannelResult> SplitAsync(SplitCall call) =>
        Step(new ChannelInput.Split(MemoryActors.Now, call.From, call.Key, call.Amount, call.ExpiresAt) { Models = call.Models });

    public Task<ChannelResult> SetPolicyAsync(PolicyCall call) => Step(new ChannelInput.SetPolicy(MemoryActors.Now, call.Config, call.Policy));

    public async Task<ChannelSpending> ReadSpendingAsync() => new(State.Spending, State.Policy, await GetAsync());

    public Task<ChannelResult> EndTurnAsync(string key) => Step(new ChannelInput.EndTurn(MemoryActors.Now, key));

    public Task<ChannelResult> BeginRefundAsync(RefundCall call) =>
        Step(new ChannelInput.BeginRefund(MemoryActors.Now, call.Voucher, call.Amount, call.Funds, call.Nonce));

    public Task<ChannelResult> EndRefundAsync(ulong nonce) => Step(new ChannelInput.EndRefund(MemoryActors.Now, nonce));

    public Task<ChannelResult> AuthorizeAsync(AuthorizeCall call) =>
        Step(new ChannelInput.Authorize(MemoryActors.Now, call.Key, call.Config, call.Amount, call.Funds, call.ExpiresAt));

    public Task<ChannelResult> ChargeAsync(ChargeCall call) => Step(new ChannelInput.Charge(MemoryActors.Now, call.Key, call.Amount));

    public Task<ChannelResult> ReleaseAsync(string key) => Step(new ChannelInput.Release(MemoryActors.Now, key) { IsWaiting = true });

    public Task<ChannelResult> RecognizeAsync(TokenAmount totalCharged) => Step(new ChannelInput.Recognize(MemoryActors.Now, totalCharged));

    public Task<ChannelResult> GetAsync() => Step(new ChannelInput.Expire(MemoryActors.Now));

    public Task<ChannelResult> StateAsync(StateCall call) => Step(new ChannelInput.State(MemoryActors.Now, call.Voucher, call.RequestedAt));

    public Task<SignedVoucher?> GetVoucherAsync() => throw new NotSupportedException();

    public Task<ChannelResult> ObserveAsync(ObserveCall call) =>
        Step(new ChannelInput.Observe(MemoryActors.Now, call.Escrow, call.Ours, call.ReorganizedFrom));

    public Task<ClaimableVoucher?> GetClaimableAsync() => throw new NotSupportedException();

    public Task<ChannelResult> RecordClaimAsync(TokenAmount totalClaimed) => throw new NotSupportedException();

    // One turn at a time, as in the actor.
    private Task<ChannelResult> Step(ChannelInput input)
    {
        lock (_turn)
        {
            (State, var result) = ChannelLedger.Apply(State, input);
            return Task.FromResult(result);
        }
    }
}

internal sealed class MemoryRequest : IRequestActor
{
    private readonly Lock _turn = new();
    private QueuedRequest? _queued;

    /// <summary>Runs before an answer is kept: a test has the registry be away.</summary>
    public Func<Task> BeforeKeep { get; set; } = static () => Task.CompletedTask;

    /// <summary>Runs after an answer is kept: a test has the word of it be lost, or does what happens next.</summary>
    public Func<Task> AfterKeep { get; set; } = static () => Task.CompletedTask;

    public RequestState State { get; private set; } = RequestState.Empty;

    public StoredAnswer? Answer { get; private set; }

    public Task<BeginResult> BeginAsync(BeginCall call)
    {
        var outputs = Step(new RequestInput.Begin(MemoryActors.Now, call.Fingerprint, call.LeaseMilliseconds, call.Queued is not null));
        _queued = outputs.OfType<RequestOutput.Start>().Any() ? call.Queued : _queued;
        return Task.FromResult(new BeginResult(
            outputs.OfType<RequestOutput.Start>().Any() ? BeginOutcome.Started
            : outputs.OfType<RequestOutput.GiveAnswer>().Any() ? BeginOutcome.Completed
            : outputs.OfType<RequestOutput.TellConflict>().Any() ? BeginOutcome.Conflict
            : BeginOutcome.InProgress,
            Answer) { BegunAt = State.BegunAt });
    }

    public Task<bool> CompleteAsync(StoredAnswer answer) => KeepAsync(new RequestInput.Complete(MemoryActors.Now, IsSuccess(answer)), answer);

    public Task<bool> KeepAsync(KeepCall call) => KeepAsync(new RequestInput.Keep(MemoryActors.Now, call.Fingerprint, IsSuccess(call.Answer)), call.Answer);

    public Task<bool> AbandonAsync(ulong begunAt) =>
        Task.FromResult(!Step(new RequestInput.Abandon(MemoryActors.Now, begunAt)).OfType<RequestOutput.Ignore>().Any());

    public Task<RequestView?> GetAsync() => Task.FromResult(
        State.Phase == RequestPhase.None ? null : new RequestView(State.Fingerprint, State.BegunAt, _queued, Answer));

    private static bool IsSuccess(StoredAnswer answer) => answer.StatusCode is >= 200 and < 300;

    private async Task<bool> KeepAsync(RequestInput input, StoredAnswer answer)
    {
        await BeforeKeep();
        bool kept;
        lock (_turn)
        {
            kept = Step(input).OfType<RequestOutput.KeepAnswer>().Any();
            Answer = kept ? answer : Answer;
        }

        await AfterKeep();
        return kept;
    }

    private IReadOnlyList<RequestOutput> Step(RequestInput input)
    {
        lock (_turn)
        {
            (State, var outputs) = RequestLedger.Apply(State, input, IRequestActor.RetentionMilliseconds);
            return outputs;
        }
    }
}

internal sealed class MemoryMempool : IMempoolActor
{
    /// <summary>Node and token of each request's good lease.</summary>
    public Dictionary<RequestId, (Address Node, ulong Token)> Leases { get; } = [];

    /// <summary>Jobs that were given back.</summary>
    public List<JobAccept> Declined { get; } = [];

    public Task<MempoolResult[]> ApplyAsync(MempoolStep[] steps) => Task.FromResult<MempoolResult[]>([.. steps.Select(Apply)]);

    public Task<int> SetFreeSlotsAsync(uint freeSlots) => Task.FromResult(Leases.Count);

    public Task<MempoolView> GetAsync() => Task.FromResult(new MempoolView(0, Leases.Count, 0));

    private MempoolResult Apply(MempoolStep step)
    {
        if (step.Decline is { } declined)
        {
            Declined.Add(declined);
        }

        var isGood = step switch
        {
            { Accept: { } accept } => Leases.TryGetValue(accept.RequestId, out var lease) && lease == (accept.Node, accept.LeaseToken),
            { Decline: { } decline } => Leases.Remove(decline.RequestId),
            { Complete: { } request } => Leases.Remove(request) || true,
            { Cancel: { } request } => !Leases.ContainsKey(request),
            _ => throw new NotSupportedException(),
        };
        return new MempoolResult(isGood, isGood ? string.Empty : "The lease is lost.") { LeaseMilliseconds = step.Accept is null ? 0UL : 60_000 };
    }
}

internal sealed class MemorySubnet(RoutingSnapshot snapshot) : ISubnetActor
{
    /// <summary>What gateways read; a test gives another one a higher version.</summary>
    public RoutingSnapshot Snapshot { get; set; } = snapshot;

    public Task<RoutingSnapshot?> GetSnapshotAsync(ulong knownVersion) => Task.FromResult(knownVersion == Snapshot.Version ? null : Snapshot);

    public Task<NodeResult> JoinAsync(Signed<NodeRecord> record) => Task.FromResult(new NodeResult(Accepted: true, Known: true, string.Empty));

    public Task<NodeResult> HeartbeatAsync(Signed<NodeHeartbeat> heartbeat) => throw new NotSupportedException();

    public Task<NodeResult> LeaveAsync(Signed<NodeLeave> leave) => throw new NotSupportedException();

    public Task RegisterChannelAsync(ChannelId channel) => Task.CompletedTask;

    public Task<ChannelId[]> ListChannelsAsync() => Task.FromResult<ChannelId[]>([]);

    public Task ObserveAsync(SubnetObservation observation) => throw new NotSupportedException();

    public Task<SubnetMirror> GetMirrorAsync() => throw new NotSupportedException();

    /// <summary>What the subnet rules; a test that sets it names its hash in the snapshot.</summary>
    public SubnetRules Rules { get; set; } = new(null, null, null, null, null, null);

    /// <summary>What gateways said of nodes, in order.</summary>
    public List<NodeJudgements> Judgements { get; } = [];

    public Task<PolicyResult> PublishPolicyAsync(PolicyText policy) => Task.FromResult(new PolicyResult(false, null, "This subnet has no chain."));

    public Task<SubnetRules> GetRulesAsync() => Task.FromResult(Rules);

    public Task JudgeAsync(NodeJudgements judgements)
    {
        Judgements.Add(judgements);
        return Task.CompletedTask;
    }

    /// <summary>What was said of nodes' standing, in order.</summary>
    public List<NodeStanding[]> Standings { get; } = [];

    public Task StandAsync(NodeStanding[] nodes)
    {
        Standings.Add(nodes);
        return Task.CompletedTask;
    }

    public Task WatchRoomAsync(PoolWatch pool) => throw new NotSupportedException();
}

internal sealed class MemoryPayments : IPaymentsActor
{
    public OpenPayments State { get; private set; } = OpenPayments.Empty;

    /// <summary>When payments are opened, unix milliseconds.</summary>
    public ulong Now { get; set; } = MemoryActors.Now;

    public Task<OpenPayment?> FindAsync(Hash32 id) => Task.FromResult(State.All.GetValueOrDefault(id));

    public Task<OpenPayment[]> ListAsync() =>
        Task.FromResult<OpenPayment[]>([.. State.All.Values.Where(static payment => payment.Phase != OpenPaymentPhase.Returned)]);

    public Task<OpenPaymentResult> OpenAsync(OpenPaymentCall call) => Step(new OpenPaymentInput.Open(Now, call.Payload, call.Request));

    public Task CloseAsync(Hash32 id) => Step(new OpenPaymentInput.Close(Now, id));

    public Task<OpenPaymentResult> OweAsync(Hash32 id) => Step(new OpenPaymentInput.Owe(Now, id));

    public Task<OpenPaymentResult> ReturnAsync(ReturnCall call) => Step(new OpenPaymentInput.Return(Now, call.Id, call.Transaction));

    private Task<OpenPaymentResult> Step(OpenPaymentInput input)
    {
        (State, var outcome, var payment) = OpenPayments.Apply(State, input);
        return Task.FromResult(new OpenPaymentResult(outcome, payment));
    }
}

internal sealed class MemoryGuests : IGuestActor
{
    public FreeTierBook Book { get; private set; } = FreeTierBook.Empty;

    public Task<FreeTierResult> TakeAsync(FreeRequestCall call)
    {
        (Book, var result) = Book.Take(MemoryActors.Now, call.Guest, call.PerDay);
        return Task.FromResult(result);
    }

    public Task ReturnAsync(Hash32 guest)
    {
        Book = Book.Return(MemoryActors.Now, guest);
        return Task.CompletedTask;
    }
}
