using Ncn.Coordination.Mempool;
using Ncn.Coordination.Requests;
using Ncn.Payments.Channels;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Actors;

/// <summary>What the registry does with a published message: MempoolTopic, ResultsTopic and FailedRequests.</summary>
internal sealed class TopicDesk(RegistryProcess registry, object body)
{
    private const ulong Patience = 2_000;

    // An answer is the acknowledgement; without one the broker delivers again.
    internal void Receive(Call call) => _ = RunAsync(call);

    private async Flow RunAsync(Call call)
    {
        var isDone = body switch
        {
            JobPublished job => await SubmitAsync(job.Order, job.Deadline),
            JobGivenUp dead => await TellAsync(registry.Invariants.Money.OrderOf(dead.Request)),
            _ => throw new InvalidOperationException($"Nobody listens for {body}."),
        };
        if (isDone)
        {
            call.Reply(true);
        }
    }

    private async Flow<bool> SubmitAsync(Order order, ulong deadline)
    {
        var submitted = new PoolCall(now => new MempoolInput.Submit(now, order.Id, Names.Client(order.Client), order.Ceiling, now, deadline, 200, order.Replaces), $"submit {order.Key}");
        return await registry.Ask(registry, submitted, Patience) is MempoolOutcome outcome
            && (outcome is MempoolOutcome.Accepted or MempoolOutcome.Repeated || await TellAsync(order));
    }

    // FailedRequests.TellAsync: release, then answer; nothing for a request that has its answer.
    private async Flow<bool> TellAsync(Order order)
    {
        if (await registry.Ask(registry, new RequestCall(order, null, "read"), Patience) is not RequestReply found)
        {
            return false;
        }

        if (found.Entry is not { Answer: null, Queued: not null } || found.Entry.Ledger.Phase == RequestPhase.None)
        {
            return true;
        }

        var fault = registry.Cores.Fault;
        if (fault == ShellFault.ForgetsTheDead || (fault != ShellFault.LeavesDeadReservations && !await ReleaseAsync(order)))
        {
            return fault == ShellFault.ForgetsTheDead;
        }

        registry.Invariants.Channels.CheckReleased(order.Key);
        var failed = new Answer(false, order.Number, 0, default, 0);
        var completed = new RequestCall(order, static now => new RequestInput.Complete(now, false), "fail", null, failed);
        return await registry.Ask(registry, completed, Patience) is RequestReply;
    }

    private async Flow<bool> ReleaseAsync(Order order)
    {
        var channel = Names.ClientLedger(order.Client);
        var call = new ChannelCall(channel, [now => new ChannelInput.Release(now, order.Key) { IsWaiting = true }], $"release {order.Key}");
        // One that was charged waits for the gateway that is about to answer it.
        return await registry.Ask(registry, call, Patience) is ChannelReply done && done.Results[0].KeyAmount.IsZero;
    }
}
