using Ncn.Payments.Channels;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>A job that a node pulled (Ncn.ComputeWorker's QueuedJobs): accepted, run under a lease that is renewed, delivered until the gateway has it; only then charged.</summary>
internal sealed class QueuedRun(NodeProcess node, GatewayProcess gateway, AcceptCall accept, JobNote job)
{
    private bool _isLost;
    private bool _isOver;

    /// <summary>True when the queue's message is to be taken off: the job is this node's, somebody else's, or nobody's.</summary>
    internal static async Flow<bool> BeginAsync(NodeProcess node, WorkMessage work)
    {
        var gateway = node.Gateways[(int)(work.Token % (ulong)node.Gateways.Count)];
        if (!node.Enter(work))
        {
            return await node.Ask(gateway, new DeclineCall(work.Request, node.Number, work.Token), 3_000) is not null;
        }

        var accept = new AcceptCall(work.Request, node.Number, work.Token);
        var reply = await node.Ask(gateway, accept, 5_000) as JobReply;
        if (node.Lies.HasFlag(Lie.Replays))
        {
            _ = node.Ask(gateway, accept with { Token = Math.Max(1, work.Token - 1) }, 3_000);
        }

        if (reply?.Job is { } job && await node.ReserveAsync(job) is null)
        {
            _ = new QueuedRun(node, gateway, accept, job).RunAsync();
            return true;
        }

        node.Exit(work.Token);
        return reply is not null && (reply.IsOver || await node.Ask(gateway, new DeclineCall(work.Request, node.Number, work.Token), 3_000) is not null);
    }

    private async Flow RunAsync()
    {
        _ = RenewAsync();
        await node.Sleep(50 + node.World.Below(1_500) + (node.Lies.HasFlag(Lie.Stalls) ? 8_000UL : 0));
        if (!_isLost)
        {
            await DeliverAsync();
        }

        _isOver = true;
        node.Exit(accept.Token);
        await node.Books.ApplyAsync(new ChannelInput.Release(node.Clock.Now, NodeProcess.KeyOf(job)), null);
    }

    // At each third of the lease; one that is lost ends the job.
    private async Flow RenewAsync()
    {
        while (true)
        {
            await node.Sleep(Bounds.Pool.RunMilliseconds / 3);
            if (_isOver || node.Lies.HasFlag(Lie.Stalls))
            {
                return;
            }

            _isLost = await node.Ask(gateway, new RenewCall(accept.Request, node.Number, accept.Token), 2_000) is JobReply { IsOver: true };
            if (_isLost)
            {
                return;
            }
        }
    }

    private async Flow DeliverAsync()
    {
        var tokens = 1 + (uint)node.World.Below(job.Order.Completion);
        var price = Tariff.Of(node.Number).Of(job.Order.Prompt, tokens, 0);
        var isFalse = node.Lies.HasFlag(Lie.Receipts) && node.World.Below(2) == 0;
        // Drafted for what the charge will make of the total.
        var draft = new JobReceipt(job.Order.Number, node.Number, job.Attempt, tokens, isFalse ? price * 3 : price, node.Books.State.Charged + price);
        node.Say($"{NodeProcess.KeyOf(job)} is done: {draft}");
        node.Invariants.Money.Receipt(job.Order, draft, isFalse);
        for (var wait = 200UL; node.Clock.Now < job.Deadline && !_isLost; wait = Math.Min(2_000, wait * 2))
        {
            if (await node.Ask(gateway, new ResultCall(accept.Request, node.Number, accept.Token, draft), 6_000) is JobReply taken)
            {
                ChannelInput end = taken.IsOver ? new ChannelInput.Release(node.Clock.Now, NodeProcess.KeyOf(job)) : new ChannelInput.Charge(node.Clock.Now, NodeProcess.KeyOf(job), price);
                await node.Books.ApplyAsync(end, total => draft with { Cumulative = total });
                return;
            }

            await node.Sleep(wait);
        }
    }
}
