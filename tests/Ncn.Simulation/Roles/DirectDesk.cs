using Ncn.Coordination.Admission;
using Ncn.Coordination.Requests;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>Requests that are run at once (Ncn.Serving's PaidRequest, KeyedRequests and DirectRequests).</summary>
internal sealed class DirectDesk(GatewayProcess gateway, QueueDesk queue)
{
    private const ulong Patience = 1_500;
    private readonly Dictionary<string, Hash32> _running = new(StringComparer.Ordinal);
    private ulong _applicants;

    internal void Start() => _running.Clear();

    internal async Flow ReceiveAsync(Call call, OrderCall order)
    {
        var now = gateway.Clock.Now;
        var applicant = new Applicant(
            ++_applicants, Names.Client(order.Order.Client), order.Order.Ceiling, order.Order.Completion, 1, 0, now, now + (order.Order.Patience / 2));
        if (!await gateway.Door.Enter(applicant, Math.Max(1, gateway.Slots)))
        {
            call.Reply(new OrderReply(CallEnd.Refused));
            return;
        }

        var reply = order.Order.IsKeyed ? await AdmitKeyedAsync(order, now + order.Order.Patience) : await AdmitAsync(order);
        if (gateway.Cores.Fault != ShellFault.LeaksPlaces)
        {
            gateway.Door.End(applicant);
        }

        call.Reply(reply ?? await queue.BeginAsync(order, isOverflow: true));
    }

    private async Flow<OrderReply?> AdmitAsync(OrderCall order)
    {
        var hold = await ClientHold.ReserveAsync(gateway, order, isQueued: false, isOverflow: false);
        return hold.Reply ?? await RunAsync(order.Order, hold);
    }

    // KeyedRequests.AdmitAsync: one run of this process at a time; what another process runs is waited for.
    private async Flow<OrderReply?> AdmitKeyedAsync(OrderCall order, ulong deadline)
    {
        while (gateway.Clock.Now < deadline)
        {
            if (_running.TryAdd(order.Order.Key, order.Order.Content))
            {
                var (isDecided, reply) = await RunOnceAsync(order);
                _running.Remove(order.Order.Key);
                if (isDecided)
                {
                    return reply;
                }
            }
            else if (_running[order.Order.Key] != order.Order.Content)
            {
                return new OrderReply(CallEnd.Conflict);
            }

            await gateway.Sleep(300);
            if (await FindAsync(order.Order) is { } kept)
            {
                return kept;
            }
        }

        return new OrderReply(CallEnd.Failed);
    }

    private async Flow<(bool IsDecided, OrderReply? Reply)> RunOnceAsync(OrderCall order)
    {
        var hold = await ClientHold.ReserveAsync(gateway, order, isQueued: false, isOverflow: false);
        if (hold.Reply is not null)
        {
            return (true, hold.Reply);
        }

        var isElsewhere = hold.Held!.Outcome == ChannelOutcome.Repeated;
        if ((hold.IsCharged || isElsewhere) && await FindAsync(order.Order) is { } kept)
        {
            return (true, kept);
        }

        return isElsewhere ? (false, null) : (true, await RunAsync(order.Order, hold));
    }

    private async Flow<OrderReply?> FindAsync(Order order) =>
        await gateway.Ask(gateway.Registry, new RequestCall(order, null, "read"), Patience) is RequestReply { Entry: { Answer: { } answer, Ledger.Phase: not RequestPhase.None } }
            ? new OrderReply(answer.IsSuccess ? CallEnd.Answered : CallEnd.Failed, answer)
            : null;

    // Null when no node has room: it may wait for one.
    private async Flow<OrderReply?> RunAsync(Order order, ClientHold hold)
    {
        var longer = hold.IsCharged ? null : ClientHold.KeepHolding(gateway, order);
        var end = await gateway.Board.Run(order);
        var reply = end.Fate == RunFate.NoRoom ? null : await EndAsync(order, hold, end);
        longer?.Cancel();
        return reply;
    }

    private async Flow<OrderReply?> EndAsync(Order order, ClientHold hold, RunEnd end)
    {
        if (end.Receipt is not { } receipt)
        {
            GiveBack(order, hold);
            if (gateway.Cores.Fault == ShellFault.ChargesWithoutReceipt)
            {
                gateway.Line(Names.ClientLedger(order.Client)).Tell(now => new ChannelInput.Charge(now, order.Key, order.Ceiling), $"charge {order.Key} for nothing");
            }

            return new OrderReply(CallEnd.Failed);
        }

        var cost = hold.IsCharged ? hold.Held!.KeyAmount : Cost(order, receipt);
        if (gateway.Cores.Fault == ShellFault.ChargesAndFails && !order.IsKeyed)
        {
            gateway.Line(Names.ClientLedger(order.Client)).Tell(now => new ChannelInput.Charge(now, order.Key, cost), $"charge {cost} for {order.Key}");
            return new OrderReply(CallEnd.Failed);
        }

        var number = gateway.Cores.Fault == ShellFault.MixesUpAnswers ? order.Number + 1 : order.Number;
        return await DeliverAsync(order, hold, new Answer(true, number, receipt.Tokens, cost, receipt.Node, gateway.World.Draw()));
    }

    // The answer of a request that can be repeated is kept before it is charged; a charge is durable a moment later.
    private async Flow<OrderReply?> DeliverAsync(Order order, ClientHold hold, Answer answer)
    {
        if (order.IsKeyed)
        {
            var keep = new RequestCall(order, now => new RequestInput.Keep(now, order.Content, true), "keep the answer of", null, answer);
            gateway.Invariants.Money.Keeping(order, gateway);
            if (await KeptAnswer.KeepAsync(gateway, keep) is not { } kept)
            {
                return new OrderReply(CallEnd.Failed);
            }

            if (kept != answer)
            {
                GiveBack(order, hold);
                return new OrderReply(kept.IsSuccess ? CallEnd.Answered : CallEnd.Failed, kept);
            }
        }

        if (gateway.Cores.Fault == ShellFault.GivesAway)
        {
            GiveBack(order, hold);
        }
        else if (!hold.IsCharged)
        {
            gateway.Line(Names.ClientLedger(order.Client)).Tell(now => new ChannelInput.Charge(now, order.Key, answer.Cost), $"charge {answer.Cost} for {order.Key}");
        }

        gateway.Invariants.Money.Promised(order, gateway);
        return new OrderReply(CallEnd.Answered, gateway.Cores.Fault == ShellFault.TellsTooMuch ? answer with { Cost = order.Ceiling + answer.Cost } : answer);
    }

    private TokenAmount Cost(Order order, JobReceipt receipt) => gateway.Cores.Fault switch
    {
        ShellFault.ChargesTheCeiling => order.Ceiling,
        ShellFault.ExceedsTheCeiling => order.Ceiling + new TokenAmount(1),
        _ => TokenAmount.Min(Tariff.WithMargin(receipt.Price), order.Ceiling),
    };

    private void GiveBack(Order order, ClientHold hold)
    {
        if (!hold.IsCharged)
        {
            gateway.Line(Names.ClientLedger(order.Client)).Tell(now => new ChannelInput.Release(now, order.Key) { Until = hold.Until }, $"release {order.Key}");
        }
    }
}
