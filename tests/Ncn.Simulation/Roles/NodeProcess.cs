using Ncn.Coordination.Subnets;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>What a node does that it should not.</summary>
[Flags]
internal enum Lie
{
    None = 0,

    /// <summary>It says that it is free when it is not.</summary>
    Capacity = 1,

    /// <summary>Its receipts state more than it did.</summary>
    Receipts = 2,

    /// <summary>It takes jobs and never ends them.</summary>
    Stalls = 4,

    /// <summary>It sends old leases, heartbeats and records again.</summary>
    Replays = 8,

    /// <summary>It sends far more than it has to say, made-up leases among it.</summary>
    Floods = 16,
}

/// <summary>A compute node: joins, beats, runs what gateways send and what it pulls, and keeps its own books.</summary>
internal sealed class NodeProcess : Process
{
    private const uint RealSlots = 3;
    private const ulong BeatInterval = 1_000;
    private const ulong RecordLife = 40_000;
    private const ulong Patience = 1_500;
    private readonly Dictionary<(ulong Run, uint Attempt), bool> _running = [];
    private readonly int _slowness;
    private NodeBooks _books = null!;
    private ulong _joinedAt;
    private ulong _beat;
    private ulong _drainedAt;
    private WorkMessage? _seen;

    internal NodeProcess(World world, int number, RegistryProcess registry)
        : base(world, $"node {number}")
    {
        (Number, Registry, Cores, Invariants) = (number, registry, registry.Cores, registry.Invariants);
        _slowness = 1 + (int)(Mix.Of(world.Seed, (ulong)(1000 + number)) % 4);
    }

    /// <summary>Gateways pay nodes from channels that never run dry here.</summary>
    internal static ChannelFunds Funds { get; } = new(new TokenAmount(1_000_000_000), default);

    internal int Number { get; }

    internal RegistryProcess Registry { get; }

    internal Cores Cores { get; }

    internal InvariantSet Invariants { get; }

    internal IReadOnlyList<GatewayProcess> Gateways { get; set; } = [];

    internal Lie Lies { get; set; }

    internal NodeBooks Books => _books;

    internal uint Free => (uint)Math.Max(0, (int)RealSlots - _running.Count);

    internal override void Start()
    {
        _running.Clear();
        (_joinedAt, _beat, _drainedAt, _seen) = (0, 0, 0, null);
        _books = new NodeBooks(this);
        _ = WorkAsync();
    }

    /// <summary>It leaves, at once or after it has ended what it has, and comes back with a new record.</summary>
    internal void Leave(bool drains)
    {
        if (drains)
        {
            // At its next beat all hear of it; what it gets until then it still runs.
            _drainedAt = World.Now;
            After(4 * BeatInterval, () => Leave(drains: false));
            return;
        }

        _drainedAt = 0;
        var sequence = Clock.Now;
        Tell(new SubnetCall(now => new SubnetInput.Leave(now, new NodeLeave(Names.Node(Number), sequence, sequence)), $"node {Number} leaves"));
        After(3_000, () => _joinedAt = 0);
    }

    protected override void OnNote(Process from, object body)
    {
        switch (body)
        {
            case JobNote job:
                _ = RunDirectAsync((GatewayProcess)from, job);
                break;
            case StopNote stop:
                _running.Remove((stop.Run, stop.Attempt));
                break;
            default:
                throw new InvalidOperationException($"A node does not know {body}.");
        }
    }

    /// <summary>A place for a job of the queue.</summary>
    internal bool Enter(WorkMessage work)
    {
        _seen = work;
        return Enter(work.Token);
    }

    private bool Enter(ulong token) => Free > 0 && _running.TryAdd((token, uint.MaxValue), true);

    internal void Exit(ulong token) => _running.Remove((token, uint.MaxValue));

    private void Tell(SubnetCall call) => _ = Ask(Registry, call, Patience);

    private async Flow WorkAsync()
    {
        await _books.ReleaseLostJobsAsync();
        _ = PullAsync();
        while (true)
        {
            await BeatAsync();
            if (Lies.HasFlag(Lie.Floods))
            {
                Flood();
            }

            await Sleep(BeatInterval);
        }
    }

    private async Flow BeatAsync()
    {
        var now = Clock.Now;
        if (_joinedAt == 0 || now - Math.Min(now, _joinedAt) > RecordLife / 2)
        {
            var record = Record(Lies.HasFlag(Lie.Replays) && _joinedAt != 0 ? _joinedAt - 1 : now, now);
            var joined = await Ask(Registry, new SubnetCall(at => new SubnetInput.Join(at, Names.Subnet, record), $"node {Number} joins"), Patience);
            _joinedAt = joined is NodeOutcome.Accepted ? now : _joinedAt;
            return;
        }

        _beat = Lies.HasFlag(Lie.Replays) ? _beat : Math.Max(_beat + 1, now);
        var free = Lies.HasFlag(Lie.Capacity) ? RealSlots + 5 : Free;
        var beat = new NodeHeartbeat(Names.Node(Number), _beat, _drainedAt == 0 ? free : 0, 0, now) { Draining = _drainedAt != 0 };
        if (await Ask(Registry, new SubnetCall(at => new SubnetInput.Heartbeat(at, beat), $"node {Number} beats"), Patience) is NodeOutcome.Unknown)
        {
            _joinedAt = 0;
        }
    }

    private void Flood()
    {
        var now = Clock.Now;
        for (var i = 0UL; i < 8; i++)
        {
            var (beat, record) = (new NodeHeartbeat(Names.Node(Number), _beat - Math.Min(_beat, i), RealSlots, 0, now), Record(now - i, now));
            Tell(new SubnetCall(at => new SubnetInput.Heartbeat(at, beat), $"node {Number} beats again"));
            Tell(new SubnetCall(at => new SubnetInput.Join(at, Names.Subnet, record), $"node {Number} joins again"));
            if (_seen is { } work)
            {
                _ = Ask(Gateways[(int)(i % (ulong)Gateways.Count)], new AcceptCall(work.Request, Number, work.Token + i), Patience);
            }
        }
    }

    private NodeRecord Record(ulong sequence, ulong now) => new(
        Names.Node(Number), sequence, $"127.0.0.1:{9000 + Number}", [Names.Subnet.Value], [Tariff.Offer(Number)], RealSlots, HexBytes.Empty, now, now + RecordLife);

    private async Flow RunDirectAsync(GatewayProcess gateway, JobNote job)
    {
        var place = (job.Run, job.Attempt);
        if (Free == 0 || !_running.TryAdd(place, true))
        {
            if (!_running.ContainsKey(place))
            {
                Tell(gateway, new NodeNote.Refused(job.Run, job.Attempt, null));
            }

            return;
        }

        var refusal = await ReserveAsync(job);
        if (refusal is { } why)
        {
            _running.Remove(place);
            Tell(gateway, new NodeNote.Refused(job.Run, job.Attempt, why.IsZero ? null : why));
            return;
        }

        await Sleep((20 + World.Below(120)) * (ulong)_slowness);
        var took = 30 + World.Below(900);
        if (_running.ContainsKey(place) && !Lies.HasFlag(Lie.Stalls))
        {
            Tell(gateway, new NodeNote.Begun(job.Run, job.Attempt));
            await Sleep(took);
        }

        if (_running.Remove(place) && !Lies.HasFlag(Lie.Stalls))
        {
            var receipt = await ChargeAsync(job);
            Tell(gateway, receipt is null ? new NodeNote.Refused(job.Run, job.Attempt, null) : new NodeNote.Done(job.Run, job.Attempt, receipt, took));
        }
        else
        {
            await _books.ApplyAsync(new ChannelInput.Release(Clock.Now, KeyOf(job)), null);
        }
    }

    /// <summary>Null when the job may run; else what the node has charged in all, if that is why.</summary>
    internal async Flow<TokenAmount?> ReserveAsync(JobNote job)
    {
        Invariants.Money.CheckSigned(Names.NodeLedger(Number), job.Voucher.MaxClaimableAmount);
        var reserve = new ChannelInput.Reserve(Clock.Now, KeyOf(job), job.Voucher, job.MaxPrice, Funds, job.Deadline + 20_000);
        var result = await _books.ApplyAsync(reserve, null);
        return result.Outcome == ChannelOutcome.Accepted ? null
            : result.Outcome == ChannelOutcome.VoucherTooLow && _books.LastReceipt is { } proof ? proof.Cumulative
            : default(TokenAmount);
    }

    private async Flow<JobReceipt?> ChargeAsync(JobNote job)
    {
        var order = job.Order;
        var tokens = 1 + (uint)World.Below(order.Completion);
        var price = Tariff.Of(Number).Of(order.Prompt, tokens, 0);
        var isFalse = Lies.HasFlag(Lie.Receipts) && World.Below(2) == 0;
        JobReceipt? receipt = null;
        await _books.ApplyAsync(new ChannelInput.Charge(Clock.Now, KeyOf(job), price), total =>
            receipt = new JobReceipt(order.Number, Number, job.Attempt, isFalse ? tokens + order.Completion : tokens, isFalse ? price * 3 : price, total));
        Say($"{KeyOf(job)} is done: {(receipt is null ? "it cannot be charged" : $"{receipt}")}");
        if (receipt is not null)
        {
            Invariants.Money.Receipt(order, receipt, isFalse);
        }

        return receipt;
    }

    private async Flow PullAsync()
    {
        while (true)
        {
            if (Free == 0 || _drainedAt != 0)
            {
                await Sleep(200);
            }
            else if (await Ask(Registry.Broker, new Pull(), 10_000) is Pulled pulled && await QueuedRun.BeginAsync(this, pulled.Work) && Cores.Fault != ShellFault.NeverDeletes)
            {
                await Ask(Registry.Broker, new Delete(pulled.Number), Patience);
            }
        }
    }

    internal static string KeyOf(JobNote job) => $"{job.Order.Key}:{job.Attempt}";
}
