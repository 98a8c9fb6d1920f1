using Ncn.Coordination.Dispatch;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>A gateway's job for a node.</summary>
internal sealed record JobNote(ulong Run, uint Attempt, Order Order, TokenAmount MaxPrice, SignedVoucher Voucher, ulong Deadline)
{
    public override string ToString() => $"run {Order.Key}, attempt {Attempt}";
}

/// <summary>The node is to stop an attempt.</summary>
internal sealed record StopNote(ulong Run, uint Attempt)
{
    public override string ToString() => $"stop attempt {Attempt}";
}

/// <summary>One run: tells the dispatcher what happens to its attempts, and does what the dispatcher says.</summary>
internal sealed class DirectRun(GatewayProcess gateway, DispatchBoard board, ulong number, Order order)
{
    private const ulong Silence = 3_000;
    private readonly Dictionary<uint, Attempt> _attempts = [];
    private readonly ulong _deadline = gateway.Clock.Now + order.Patience;
    private Happening? _wake;
    private uint? _followed;

    internal Pending<RunEnd> End { get; } = new();

    internal void Begin()
    {
        var price = new TokenAmount(order.Ceiling.Units * 100 / (100 + Tariff.MarginPercent));
        var query = new DispatchQuery([Names.Model], order.Prompt, order.Completion, 0, price, _deadline) { Prefixes = [order.Number % 7] };
        Carry(new DispatchInput.Arrive(gateway.Clock.Now, number, query, gateway.World.Draw()));
    }

    internal void Receive(NodeNote note)
    {
        if (End.IsCompleted || !_attempts.TryGetValue(note.Attempt, out var attempt))
        {
            return;
        }

        attempt.Idle?.Cancel();
        switch (note)
        {
            case NodeNote.Begun:
                Watch(attempt);
                Follow(note.Attempt);
                break;
            case NodeNote.Done done:
                Finish(attempt, done);
                break;
            case NodeNote.Refused refused:
                _ = RefuseAsync(attempt, refused);
                break;
            default:
                throw new InvalidOperationException($"Nodes do not say {note}.");
        }
    }

    private void Finish(Attempt attempt, NodeNote.Done done)
    {
        var receipt = done.Receipt;
        var price = attempt.Offer.Price.Of(order.Prompt, receipt.Tokens, 0);
        var isTrue = gateway.Cores.Fault == ShellFault.BelievesReceipts
            || (receipt.Order == order.Number && receipt.Tokens <= order.Completion && receipt.Price == price && receipt.Price <= attempt.MaxPrice);
        if (!isTrue)
        {
            gateway.Say($"{order.Key}: the receipt is false");
            Fail(attempt, DispatchFailure.False);
            return;
        }

        var line = gateway.Line(Names.NodeLedger(attempt.Node));
        line.Tell(now => new ChannelInput.Charge(now, attempt.Key, receipt.Price), $"pay {receipt.Price} for {attempt.Key}");
        _attempts.Remove(done.Attempt);
        // Who ends without having begun was first with everything at once.
        Follow(done.Attempt);
        Carry(new DispatchInput.Finish(gateway.Clock.Now, number, done.Attempt, receipt.Tokens, done.Took));
        Over(new RunEnd(RunFate.Done, receipt));
    }

    private void Follow(uint attempt)
    {
        if (_followed != attempt)
        {
            _followed = attempt;
            Carry(new DispatchInput.Output(gateway.Clock.Now, number, attempt));
        }
    }

    // The node has proven a total that this gateway missed: with a voucher above it the same node is asked again.
    private async Flow RefuseAsync(Attempt attempt, NodeNote.Refused refused)
    {
        var failure = DispatchFailure.Busy;
        if (refused.Proven is { } total)
        {
            var line = gateway.Line(Names.NodeLedger(attempt.Node));
            var result = await line.Ask(now => new ChannelInput.Recognize(now, total), $"recognize {total}");
            failure = result?.Outcome == ChannelOutcome.Accepted ? DispatchFailure.Unsettled : DispatchFailure.Busy;
        }

        Fail(attempt, failure);
    }

    private void Fail(Attempt attempt, DispatchFailure failure)
    {
        if (End.IsCompleted || !_attempts.Remove(attempt.Number))
        {
            return;
        }

        _followed = _followed == attempt.Number ? null : _followed;
        Release(attempt);
        Carry(new DispatchInput.Fail(gateway.Clock.Now, number, attempt.Number, failure, gateway.World.Draw()));
    }

    private void Carry(DispatchInput input)
    {
        foreach (var output in board.Apply(input))
        {
            switch (output)
            {
                case DispatchOutput.Start start:
                    _ = StartAsync(start);
                    break;
                case DispatchOutput.Stop stop when _attempts.Remove(stop.Number, out var beaten):
                    gateway.Tell(gateway.Nodes[beaten.Node], new StopNote(number, stop.Number));
                    beaten.Idle?.Cancel();
                    Release(beaten);
                    break;
                case DispatchOutput.Wake wake:
                    _wake?.Cancel();
                    _wake = gateway.After(wake.At - Math.Min(wake.At, gateway.Clock.Now), Tick);
                    break;
                case DispatchOutput.GiveUp given:
                    Over(new RunEnd(given.Reason == GiveUpReason.NoRoom ? RunFate.NoRoom : RunFate.Failed, null));
                    break;
                default:
                    break;
            }
        }
    }

    private void Tick()
    {
        if (!End.IsCompleted)
        {
            Carry(new DispatchInput.Tick(gateway.Clock.Now, number, gateway.World.Draw()));
        }
    }

    private async Flow StartAsync(DispatchOutput.Start start)
    {
        var node = Names.NumberOf(start.Node.Operator);
        var price = start.Offer.Price.Of(order.Prompt, order.Completion, 0);
        var attempt = _attempts[start.Number] = new Attempt(start.Number, node, $"{order.Key}:{start.Number}", price, start.Offer);
        gateway.Say($"{order.Key} goes to node {node}{(start.IsHedge ? " too, the first is slow" : string.Empty)}");
        var line = gateway.Line(Names.NodeLedger(node));
        var expiresAt = _deadline + 4_000;
        var holder = gateway.Holder;
        var authorized = await line.Ask(
            now => new ChannelInput.Authorize(now, attempt.Key, Names.NodeChannel(node), price, NodeProcess.Funds, expiresAt) { Holder = holder }, $"authorize {price} for {attempt.Key}");
        if (authorized?.Outcome is not (ChannelOutcome.Accepted or ChannelOutcome.Repeated))
        {
            Fail(attempt, DispatchFailure.Busy);
        }
        else if (_attempts.ContainsKey(start.Number) && !End.IsCompleted)
        {
            Watch(attempt);
            gateway.Invariants.Money.Signed(Names.NodeLedger(node), authorized.VoucherMax, gateway.Registry.Durable(Names.NodeLedger(node)));
            gateway.Tell(gateway.Nodes[node], new JobNote(number, start.Number, order, price, Names.Voucher(Names.NodeChannel(node), authorized.VoucherMax), _deadline));
        }
        else
        {
            Release(attempt);
        }
    }

    private void Watch(Attempt attempt) => attempt.Idle = gateway.After(Silence, () => Fail(attempt, DispatchFailure.Died));

    private void Release(Attempt attempt)
    {
        var holder = gateway.Holder;
        gateway.Line(Names.NodeLedger(attempt.Node)).Tell(now => new ChannelInput.Release(now, attempt.Key) { Holder = holder }, $"release {attempt.Key}");
    }

    private void Over(RunEnd end)
    {
        _wake?.Cancel();
        foreach (var left in _attempts.Values)
        {
            left.Idle?.Cancel();
        }

        board.Forget(number);
        End.Complete(end);
    }

    private sealed class Attempt(uint number, int node, string key, TokenAmount maxPrice, ModelOffer offer)
    {
        internal uint Number { get; } = number;

        internal int Node { get; } = node;

        internal string Key { get; } = key;

        internal TokenAmount MaxPrice { get; } = maxPrice;

        internal ModelOffer Offer { get; } = offer;

        internal Happening? Idle { get; set; }
    }
}
