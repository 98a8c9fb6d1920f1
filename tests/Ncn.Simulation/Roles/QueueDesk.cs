using Ncn.Coordination.Mempool;
using Ncn.Coordination.Requests;
using Ncn.Payments.Channels;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>Requests that wait in the mempool (Ncn.Serving's RepeatedRequests, QueueDesk and RequestCancellation).</summary>
internal sealed class QueueDesk(GatewayProcess gateway)
{
    private const ulong Patience = 1_500;

    internal async Flow ReceiveAsync(Call call, OrderCall order) => call.Reply(await BeginAsync(order, isOverflow: false));

    internal async Flow ReadAsync(Call call, Order order) => call.Reply(
        await RequestAsync(order, null, "read") is { } found
            ? found.Entry is { Answer: { } answer, Ledger.Phase: not RequestPhase.None }
                ? new OrderReply(answer.IsSuccess ? CallEnd.Answered : CallEnd.Failed, answer)
                : new OrderReply(CallEnd.Waiting)
            : null);

    /// <summary>Begins it, or gives what became of it.</summary>
    internal async Flow<OrderReply> BeginAsync(OrderCall call, bool isOverflow)
    {
        var order = call.Order;
        var begin = new RequestCall(order, now => new RequestInput.Begin(now, order.Content, order.Patience, IsQueued: true), "begin", order);
        if (await gateway.Ask(gateway.Registry, begin, Patience) is not RequestReply begun)
        {
            return new OrderReply(CallEnd.Failed);
        }

        if (begun.Is<RequestOutput.TellConflict>())
        {
            return new OrderReply(CallEnd.Conflict);
        }

        if (begun.Is<RequestOutput.GiveAnswer>())
        {
            var answer = begun.Entry.Answer!;
            return new OrderReply(answer.IsSuccess ? CallEnd.Answered : CallEnd.Failed, answer);
        }

        return begun.Is<RequestOutput.TellInProgress>() ? new OrderReply(CallEnd.Queued) : await EnqueueAsync(call, begun.Entry.Ledger.BegunAt, isOverflow);
    }

    internal async Flow CancelAsync(Call call, Order order)
    {
        if (await gateway.Ask(gateway.Registry, new PoolCall(now => new MempoolInput.Cancel(now, order.Id), $"cancel {order.Key}"), Patience) is not MempoolOutcome.Accepted)
        {
            call.Reply(new OrderReply(CallEnd.Waiting));
            return;
        }

        // The dead job's request is told by the registry, whatever becomes of this process.
        call.Reply(new OrderReply(CallEnd.Cancelled));
    }

    private async Flow<OrderReply> EnqueueAsync(OrderCall call, ulong begunAt, bool isOverflow)
    {
        var order = call.Order;
        var hold = await ClientHold.ReserveAsync(gateway, call, isQueued: true, isOverflow);
        if (hold.Reply is not null)
        {
            // Another process is about to answer it: what it does is not undone.
            _ = hold.Reply.End != CallEnd.Conflict && await AbandonAsync(order, begunAt);
            return hold.Reply;
        }

        var deadline = gateway.Clock.Now + order.Patience;
        if (await gateway.Ask(gateway.Registry.Broker, new Publish(new JobPublished(order, deadline)), Patience) is not null)
        {
            gateway.Invariants.Money.Queued(order);
            return new OrderReply(CallEnd.Queued);
        }

        // It may be in the queue all the same. One that a node has been paid for has its answer; else nobody waits for it any more.
        var released = await gateway.Line(Names.ClientLedger(order.Client)).Ask(now => new ChannelInput.Release(now, order.Key) { Until = hold.Until }, $"release {order.Key}");
        if (released is { KeyAmount.IsZero: true })
        {
            await AbandonAsync(order, begunAt);
        }

        return new OrderReply(CallEnd.Failed);
    }

    private async Flow<bool> AbandonAsync(Order order, ulong begunAt)
    {
        gateway.Invariants.Money.Abandoned(order);
        return await RequestAsync(order, now => new RequestInput.Abandon(now, begunAt), "abandon") is not null;
    }

    private async Flow<RequestReply?> RequestAsync(Order order, Func<ulong, RequestInput>? step, string label, Answer? answer = null) =>
        await gateway.Ask(gateway.Registry, new RequestCall(order, step, label, null, answer), Patience) as RequestReply;
}
