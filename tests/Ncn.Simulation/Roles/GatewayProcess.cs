using Ncn.Coordination.Dispatch;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>A client's call.</summary>
internal sealed record OrderCall(Order Order, SignedVoucher Voucher) : ISentOnce
{
    /// <summary>A request without a key gets its id from the gateway, a repeat would be another one.</summary>
    public bool IsSentOnce => !Order.IsKeyed;

    public override string ToString() => $"{Order} with a voucher over {Voucher.MaxClaimableAmount}";
}

/// <summary>A client asks for the answer to a request that it left in the queue.</summary>
internal sealed record AnswerCall(Order Order)
{
    public override string ToString() => $"answer of {Order.Key}?";
}

/// <summary>A client gives a queued request up.</summary>
internal sealed record CancelCall(Order Order)
{
    public override string ToString() => $"cancel {Order.Key}";
}

/// <summary>How a call ended.</summary>
internal enum CallEnd
{
    Answered,
    Queued,
    Waiting,
    Refused,
    VoucherTooLow,
    Failed,
    Conflict,
    Cancelled,
}

/// <summary>What a client is told.</summary>
/// <param name="Total">Charged and reserved on its channel: what its next voucher begins at.</param>
internal sealed record OrderReply(CallEnd End, Answer? Answer = null, TokenAmount Total = default)
{
    public override string ToString() => Answer is null ? $"{End}" : $"{End}, costs {Answer.Cost}";
}

/// <summary>One instance of the operator's gateway: all that it knows lives in memory.</summary>
internal sealed class GatewayProcess : Process
{
    private const ulong SnapshotInterval = 1_000;
    private const ulong SnapshotPatience = 900;
    private const ulong FundsAge = 4_000;
    private readonly Dictionary<string, ChannelLine> _lines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (ChannelFunds Funds, ulong ReadAt)> _funds = new(StringComparer.Ordinal);
    private readonly DirectDesk _direct;
    private readonly QueueDesk _queue;
    private readonly JobsDesk _jobs;
    private ulong _known;

    internal GatewayProcess(World world, int number, RegistryProcess registry, ChainProcess chain)
        : base(world, $"gateway {number}")
    {
        (Registry, Chain, Cores, Invariants) = (registry, chain, registry.Cores, registry.Invariants);
        _queue = new QueueDesk(this);
        _direct = new DirectDesk(this, _queue);
        _jobs = new JobsDesk(this);
    }

    internal RegistryProcess Registry { get; }

    internal ChainProcess Chain { get; }

    internal Cores Cores { get; }

    internal InvariantSet Invariants { get; }

    internal IReadOnlyList<NodeProcess> Nodes { get; set; } = [];

    internal Holder Holder => new(Name, (ulong)Life);

    internal int Slots { get; private set; }

    /// <summary>Nothing waits for a ledger.</summary>
    internal bool IsIdle => _lines.Values.All(static line => line.IsIdle);

    internal FairDoor Door { get; private set; } = null!;

    internal DispatchBoard Board { get; private set; } = null!;

    internal override void Start()
    {
        _lines.Clear();
        _funds.Clear();
        (Slots, _known) = (0, 0);
        Invariants.Admission.Forget(Name);
        Invariants.Dispatch.Forget(Name);
        Door = new FairDoor(this);
        Board = new DispatchBoard(this);
        _direct.Start();
        _ = FollowSubnetAsync();
    }

    internal ChannelLine Line(string named)
    {
        var channel = Cores.Fault == ShellFault.MixesUpChannels && named.StartsWith("client", StringComparison.Ordinal) ? Names.ClientLedger(0) : named;
        return _lines.TryGetValue(channel, out var line) ? line : _lines[channel] = new ChannelLine(this, channel);
    }

    /// <summary>What the channel holds on chain, a few seconds old at most; null when the chain does not answer.</summary>
    internal async Flow<ChannelFunds?> FundsAsync(string channel)
    {
        if (_funds.TryGetValue(channel, out var known) && World.Now - known.ReadAt < FundsAge)
        {
            return known.Funds;
        }

        if (await Ask(Chain, new FundsCall(channel), 1_000) is not ChannelEscrow escrow)
        {
            return null;
        }

        var funds = new ChannelFunds(escrow.Balance, escrow.Withdrawing);
        _funds[channel] = (funds, World.Now);
        return funds;
    }

    protected override void OnCall(Call call)
    {
        switch (call.Body)
        {
            case OrderCall { Order.IsQueued: true } order:
                _ = _queue.ReceiveAsync(call, order);
                break;
            case OrderCall order:
                _ = _direct.ReceiveAsync(call, order);
                break;
            case AnswerCall asked:
                _ = _queue.ReadAsync(call, asked.Order);
                break;
            case CancelCall cancel:
                _ = _queue.CancelAsync(call, cancel.Order);
                break;
            case AcceptCall accept:
                _ = _jobs.AcceptAsync(call, accept);
                break;
            case RenewCall renew:
                _ = _jobs.RenewAsync(call, renew);
                break;
            case DeclineCall decline:
                _ = _jobs.DeclineAsync(call, decline);
                break;
            case ResultCall result:
                _ = _jobs.ResultAsync(call, result);
                break;
            default:
                throw new InvalidOperationException($"A gateway does not know {call.Body}.");
        }
    }

    protected override void OnNote(Process from, object body) => Board.Receive((NodeNote)body);

    // A view that is a second old at most is good enough: a dead node is found out by its first job.
    private async Flow FollowSubnetAsync()
    {
        while (true)
        {
            if (await Ask(Registry, new SnapshotCall(_known), SnapshotPatience) is Snapshot snapshot)
            {
                (_known, Slots) = (snapshot.Version, snapshot.Slots);
                Board.Apply(new DispatchInput.Nodes(Clock.Now, snapshot.Offers));
            }

            await Sleep(SnapshotInterval);
        }
    }
}
