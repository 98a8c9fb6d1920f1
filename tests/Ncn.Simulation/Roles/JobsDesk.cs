using Ncn.Coordination.Mempool;
using Ncn.Coordination.Requests;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>A node that pulled a job asks for it.</summary>
internal sealed record AcceptCall(RequestId Request, int Node, ulong Token)
{
    public override string ToString() => $"accept under lease {Token}";
}

/// <summary>A node goes on with its job: the lease begins anew.</summary>
internal sealed record RenewCall(RequestId Request, int Node, ulong Token)
{
    public override string ToString() => $"renew lease {Token}";
}

/// <summary>A node gives its job back.</summary>
internal sealed record DeclineCall(RequestId Request, int Node, ulong Token)
{
    public override string ToString() => $"decline lease {Token}";
}

/// <summary>A node delivers a job that it pulled.</summary>
internal sealed record ResultCall(RequestId Request, int Node, ulong Token, JobReceipt Receipt)
{
    public override string ToString() => $"result under lease {Token}";
}

/// <summary>What a node that pulled a job is told.</summary>
/// <param name="IsOver">There is nothing to do for it any more.</param>
/// <param name="Job">What it is to run; null when it gets nothing.</param>
internal sealed record JobReply(bool IsOver, JobNote? Job = null)
{
    public override string ToString() => Job is not null ? $"{Job}" : IsOver ? "drop it" : "taken";
}

/// <summary>The queued path's node side (Ncn.Serving's JobsEndpoint): accept, run elsewhere, take the result. Every step is idempotent.</summary>
internal sealed class JobsDesk(GatewayProcess gateway)
{
    private const ulong Patience = 1_500;
    // Longer than any reservation was made for: what an earlier owner releases late is not this one.
    private const ulong DeliveryTime = 120_000;
    private static readonly JobReply Drop = new(IsOver: true);

    internal async Flow AcceptAsync(Call call, AcceptCall accept)
    {
        var leased = await LeaseAsync(accept.Request, accept.Node, accept.Token);
        if (leased.Order is not { } order)
        {
            Reply(call, leased.Reply);
            return;
        }

        var (key, price) = (KeyOf(order, accept.Token), Tariff.Of(accept.Node).Of(order.Prompt, order.Completion, 0));
        var deadline = gateway.Clock.Now + order.Patience;
        var result = await gateway.Line(Names.NodeLedger(accept.Node)).Ask(
            now => new ChannelInput.Authorize(now, key, Names.NodeChannel(accept.Node), price, NodeProcess.Funds, deadline + 4_000), $"authorize {price} for {key}");
        if (result?.Outcome is ChannelOutcome.Accepted or ChannelOutcome.Repeated)
        {
            gateway.Invariants.Money.Signed(Names.NodeLedger(accept.Node), result.VoucherMax, gateway.Registry.Durable(Names.NodeLedger(accept.Node)));
            var voucher = Names.Voucher(Names.NodeChannel(accept.Node), result.VoucherMax);
            call.Reply(new JobReply(false, new JobNote(0, (uint)accept.Token, order, price, voucher, deadline)));
        }
    }

    internal async Flow RenewAsync(Call call, RenewCall renew)
    {
        var leased = await LeaseAsync(renew.Request, renew.Node, renew.Token);
        Reply(call, leased.Order is null ? leased.Reply : new JobReply(false));
    }

    internal async Flow DeclineAsync(Call call, DeclineCall decline)
    {
        var declined = new PoolCall(now => new MempoolInput.Decline(now, decline.Request, decline.Token, Names.Node(decline.Node)), $"node {decline.Node} declines lease {decline.Token}");
        Reply(call, await gateway.Ask(gateway.Registry, declined, Patience) is MempoolOutcome ? Drop : null);
    }

    internal async Flow ResultAsync(Call call, ResultCall result)
    {
        var leased = await LeaseAsync(result.Request, result.Node, result.Token);
        if (leased.Order is not { } order)
        {
            Reply(call, leased.Reply is null ? null : await PaidAsync(result) ? new JobReply(false) : leased.Reply);
            return;
        }

        var (key, receipt) = (KeyOf(order, result.Token), result.Receipt);
        var line = gateway.Line(Names.NodeLedger(result.Node));
        var price = Tariff.Of(result.Node).Of(order.Prompt, receipt.Tokens, 0);
        if (gateway.Cores.Fault != ShellFault.BelievesReceipts && (receipt.Order != order.Number || receipt.Tokens > order.Completion || receipt.Price != price))
        {
            line.Tell(now => new ChannelInput.Release(now, key), $"release {key}");
            call.Reply(Drop);
            return;
        }

        await DeliverAsync(call, order, result, key);
    }

    // The reservation is this process's while it delivers; the answer is kept, and then it is charged: a crash in between is made good by
    // the next life. Where there is nothing to charge, or another answer was first, there is nothing to deliver: the node is not paid.
    private async Flow DeliverAsync(Call call, Order order, ResultCall result, string key)
    {
        var (receipt, line, books) = (result.Receipt, gateway.Line(Names.NodeLedger(result.Node)), gateway.Line(Names.ClientLedger(order.Client)));
        var held = await books.Ask(now => new ChannelInput.Assign(now, order.Key, gateway.Holder, now + DeliveryTime), $"deliver {order.Key}");
        if (held is null)
        {
            return;
        }

        var cost = TokenAmount.Min(Tariff.WithMargin(receipt.Price), held.KeyAmount);
        var isSuccess = gateway.Cores.Fault != ShellFault.FailsAndCharges;
        var answer = new Answer(isSuccess, order.Number, receipt.Tokens, cost, result.Node, result.Token);
        var complete = new RequestCall(order, now => new RequestInput.Complete(now, isSuccess), "answer", null, answer);
        gateway.Invariants.Money.Keeping(order, gateway);
        if (held.Outcome != ChannelOutcome.Accepted)
        {
            line.Tell(now => new ChannelInput.Release(now, key), $"release {key}");
            call.Reply(Drop);
        }
        else if (await KeptAnswer.KeepAsync(gateway, complete) == answer)
        {
            gateway.Invariants.Money.Promised(order, gateway);
            books.Tell(now => new ChannelInput.Charge(now, order.Key, cost), $"charge {cost} for {order.Key}");
            line.Tell(now => new ChannelInput.Charge(now, key, receipt.Price), $"pay {receipt.Price} for {key}");
            if (await CompleteAsync(order.Id))
            {
                call.Reply(new JobReply(false));
            }
        }
        else
        {
            line.Tell(now => new ChannelInput.Release(now, key), $"release {key}");
            call.Reply(Drop);
        }
    }

    private static void Reply(Call call, JobReply? reply)
    {
        if (reply is not null)
        {
            call.Reply(reply);
        }
    }

    private static string KeyOf(Order order, ulong token) => $"{order.Key}:{token}";

    // A lease is good when the request waits for an answer and the mempool grants it. Null: nobody knows.
    private async Flow<(Order? Order, JobReply? Reply)> LeaseAsync(RequestId request, int node, ulong token)
    {
        var order = gateway.Invariants.Money.OrderOf(request);
        if (await gateway.Ask(gateway.Registry, new RequestCall(order, null, "read"), Patience) is not RequestReply found)
        {
            return (null, null);
        }

        var isKnown = found.Entry.Queued is not null && found.Entry.Ledger.Phase != RequestPhase.None;
        if (!isKnown || found.Entry.Answer is not null)
        {
            _ = isKnown && await CompleteAsync(request);
            return (null, Drop);
        }

        var accept = new PoolCall(now => new MempoolInput.Accept(now, request, token, Names.Node(node)), $"node {node} takes {order.Key} under lease {token}");
        return await gateway.Ask(gateway.Registry, accept, Patience) is MempoolOutcome outcome
            ? outcome == MempoolOutcome.Accepted ? (order, null) : (null, Drop)
            : (null, null);
    }

    // A delivery that was taken and paid, and whose answer the node did not get.
    private async Flow<bool> PaidAsync(ResultCall result)
    {
        var order = gateway.Invariants.Money.OrderOf(result.Request);
        var key = KeyOf(order, result.Token);
        var ended = await gateway.Line(Names.NodeLedger(result.Node)).Ask(now => new ChannelInput.Release(now, key), $"release {key}");
        return ended is not null && !ended.KeyAmount.IsZero;
    }

    private async Flow<bool> CompleteAsync(RequestId request) =>
        await gateway.Ask(gateway.Registry, new PoolCall(now => new MempoolInput.Complete(now, request), "job done"), Patience) is MempoolOutcome;
}
