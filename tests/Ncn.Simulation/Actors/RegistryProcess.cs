using Ncn.Payments.Channels;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Actors;

/// <summary>What the state store makes of a commit.</summary>
internal enum StoreFate
{
    Done,

    /// <summary>It says no and has not written.</summary>
    Refused,

    /// <summary>It has written and nobody hears so.</summary>
    Unheard,
}

/// <summary>The actor host: one process with all actors of the operator, over a state store that is its disk.</summary>
internal sealed class RegistryProcess : Process
{
    private const string PoolKey = "mempool";
    private readonly Dictionary<string, ChannelCell> _channels = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, RequestCell> _requests = [];
    private readonly Dictionary<ulong, BatchCell> _batches = [];
    private PoolCell _pool = null!;
    private SubnetCell _subnet = null!;
    private ulong? _reminder;

    internal RegistryProcess(World world, Cores cores, InvariantSet invariants)
        : base(world, "registry") => (Cores, Invariants) = (cores, invariants);

    internal Cores Cores { get; }

    internal InvariantSet Invariants { get; }

    internal BrokerProcess Broker { get; set; } = null!;

    /// <summary>Faults of the state store, in a million commits.</summary>
    internal uint StoreFaults { get; set; }

    internal override void Start()
    {
        _channels.Clear();
        _requests.Clear();
        _batches.Clear();
        _pool = new PoolCell(this, PoolKey);
        _subnet = new SubnetCell(this, "membership");
        if (_reminder is { } due)
        {
            Remind(PoolKey, due > World.Now ? due - World.Now : 0, _pool.Wake);
        }
    }

    /// <summary>The reminder survives the process: its service keeps it (Dapr actor reminders).</summary>
    internal void Remind(string key, ulong milliseconds, Action wake)
    {
        _reminder = World.Now + milliseconds;
        After(milliseconds, () =>
        {
            if (_reminder is { } due && due <= World.Now)
            {
                _reminder = null;
                wake();
            }
        });
    }

    internal StoreFate StoreFate(string key)
    {
        var draw = World.Draw();
        if (!World.Decides(draw, StoreFaults))
        {
            return Actors.StoreFate.Done;
        }

        var fate = (Mix.Of(draw, 1) & 1) == 0 ? Actors.StoreFate.Refused : Actors.StoreFate.Unheard;
        if (World.IsRecording)
        {
            var words = fate == Actors.StoreFate.Refused ? $"the state store refuses to write {key}" : $"the state store writes {key} and nobody hears so";
            World.Record(draw, words);
            Say($"{words}");
        }

        return fate;
    }

    /// <summary>The ledgers that there are, as their last turns left them.</summary>
    internal ChannelState Channel(string key) => ChannelOf(key).State;

    /// <summary>A ledger's running total as it would come back after a crash now.</summary>
    internal Protocol.TokenAmount Durable(string key) => Disk.Read<ChannelState>(key)?.VoucherMax ?? default;

    internal RequestEntry Request(Order order) => RequestOf(order).State;

    internal PoolBook Pool => _pool.State;

    internal Coordination.Subnets.SubnetState Subnet => _subnet.State;

    internal Coordination.Batches.BatchState Batch(ulong number) => BatchOf(number).State;

    protected override void OnNote(Process from, object body) => _pool.Receive((PoolCall)body, static _ => { });

    protected override void OnCall(Call call)
    {
        switch (call.Body)
        {
            case ChannelCall steps:
                ChannelOf(steps.Channel).Receive(call, steps);
                break;
            case ListLeftCall left:
                ChannelOf(left.Channel).ListLeft(call, left.Life);
                break;
            case ClaimableCall read:
                ChannelOf(read.Channel).ReadClaimable(call);
                break;
            case RequestCall request:
                RequestOf(request.Order).Receive(request, call.Reply);
                break;
            case PoolCall pool:
                _pool.Receive(pool, outcome => call.Reply(outcome));
                break;
            case SubnetCall subnet:
                _subnet.Receive(subnet, outcome => call.Reply(outcome));
                break;
            case SnapshotCall read:
                _subnet.Read(read, call.Reply);
                break;
            case BatchCall batch:
                BatchOf(batch.Number).Receive(batch, call.Reply);
                break;
            case Topic topic:
                new TopicDesk(this, topic.Body).Receive(call);
                break;
            default:
                throw new InvalidOperationException($"The registry does not know {call.Body}.");
        }
    }

    internal void ToPool(PoolCall call, Action<Coordination.Mempool.MempoolOutcome?> reply) => _pool.Receive(call, reply);

    internal void ToRequest(RequestCall call, Action<RequestReply?> reply) => RequestOf(call.Order).Receive(call, reply);

    private ChannelCell ChannelOf(string key) => _channels.TryGetValue(key, out var cell) ? cell : _channels[key] = new ChannelCell(this, key);

    private RequestCell RequestOf(Order order) =>
        _requests.TryGetValue(order.Number, out var cell) ? cell : _requests[order.Number] = new RequestCell(this, order.Key);

    private BatchCell BatchOf(ulong number) =>
        _batches.TryGetValue(number, out var cell) ? cell : _batches[number] = new BatchCell(this, $"batch {number}");
}
