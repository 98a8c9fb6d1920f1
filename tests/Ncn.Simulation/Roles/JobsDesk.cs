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
            gateway.Invariants.Money.Signed(Names.NodeLedger(accept.Node), result.VoucherMax);
            var voucher = Names.Voucher(Names.NodeChannel(accept.Node), result.VoucherMax);
            call.Reply(new JobReply(false, new JobNote(0, (uint)accept.Token, order, price, voucher, deadline)));
        }
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
        if (!gateway.Cores.BelievesReceipts && (receipt.Order != order.Number || receipt.Tokens > order.Completion || receipt.Price != price))
        {
            line.Tell(now => new ChannelInput.Release(now, key), $"release {key}");
            call.Reply(Drop);
            return;
        }

        if (await ChargeAsync(order, receipt) is not { } charged)
        {
            return;
        }

        if (charged.Outcome is not (ChannelOutcome.Accepted or ChannelOutcome.Repeated))
        {
            // Where there is nothing left to charge there is nothing to deliver: the node is not paid.
            line.Tell(now => new ChannelInput.Release(now, key), $"release {key}");
            call.Reply(Drop);
            return;
        }

        line.Tell(now => new ChannelInput.Charge(now, key, receipt.Price), $"pay {receipt.Price} for {key}");
        if (await FinishAsync(order, new Answer(true, order.Number, receipt.Tokens, charged.KeyAmount, result.Node)))
        {
            call.Reply(new JobReply(false));
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

    // A lease is good when the mempool grants it and the request waits for an answer. Null: nobody knows.
    private async Flow<(Order? Order, JobReply? Reply)> LeaseAsync(RequestId request, int node, ulong token)
    {
        var accept = new PoolCall(now => new MempoolInput.Accept(now, request, token, Names.Node(node)), $"accept lease {token}");
        var outcome = await gateway.Ask(gateway.Registry, accept, Patience) as MempoolOutcome?;
        if (outcome != MempoolOutcome.Accepted)
        {
            return (null, outcome is null ? null : Drop);
        }

        var order = gateway.Invariants.Money.OrderOf(request);
        if (await gateway.Ask(gateway.Registry, new RequestCall(order, null, "read"), Patience) is not RequestReply found)
        {
            return (null, null);
        }

        if (found.Entry is { Answer: null, Queued: not null } && found.Entry.Ledger.Phase != RequestPhase.None)
        {
            return (order, null);
        }

        await CompleteAsync(request);
        return (null, Drop);
    }

    // A delivery that was taken and paid, and whose answer the node did not get.
    private async Flow<bool> PaidAsync(ResultCall result)
    {
        var order = gateway.Invariants.Money.OrderOf(result.Request);
        var key = KeyOf(order, result.Token);
        var ended = await gateway.Line(Names.NodeLedger(result.Node)).Ask(now => new ChannelInput.Release(now, key), $"release {key}");
        return ended is not null && !ended.KeyAmount.IsZero;
    }

    private async Flow<ChannelResult?> ChargeAsync(Order order, JobReceipt receipt)
    {
        var cost = TokenAmount.Min(Tariff.WithMargin(receipt.Price), order.Ceiling);
        var line = gateway.Line(Names.ClientLedger(order.Client));
        var result = await line.Ask(now => new ChannelInput.Charge(now, order.Key, cost), $"charge {cost} for {order.Key}");
        return result?.Outcome == ChannelOutcome.ExceedsReservation
            ? await line.Ask(now => new ChannelInput.Charge(now, order.Key, result.KeyAmount), $"charge {result.KeyAmount} for {order.Key}")
            : result;
    }

    private async Flow<bool> FinishAsync(Order order, Answer answer)
    {
        var complete = new RequestCall(order, static now => new RequestInput.Complete(now, true), "answer", null, answer);
        return await gateway.Ask(gateway.Registry, complete, Patience) is RequestReply && await CompleteAsync(order.Id);
    }

    private async Flow<bool> CompleteAsync(RequestId request) =>
        await gateway.Ask(gateway.Registry, new PoolCall(now => new MempoolInput.Complete(now, request), "job done"), Patience) is MempoolOutcome;
}
