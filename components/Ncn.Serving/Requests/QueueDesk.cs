using Ncn.Serving.Fairness;
using Ncn.Serving.Queueing;

namespace Ncn.Serving.Requests;

/// <summary>Puts requests that have begun into the mempool, their ceiling held.</summary>
public sealed class QueueDesk(RequestHolds holds, RepeatedRequests repeats, JobPublisher queue, RequestWebhooks webhooks)
{
    internal async Task<Admission> EnqueueAsync(RequestTicket ticket)
    {
        var hold = await holds.HoldAsync(ticket);
        string? webhook = null;
        try
        {
            webhook = await webhooks.WatchAsync(ticket);
            await queue.SubmitAsync(ticket.Plans[0], ticket.Priced.Ceiling, Payers.Of(ticket.Call, ticket.Payment), ticket.Call.Replaces);
        }
        catch
        {
            // It may be in the queue all the same. One that a node is paid for has its answer, or gets it any moment; else nobody waits for
            // it any more, and a node that takes it is told so.
            await webhooks.ForgetAsync(webhook);
            await (hold is null || await hold.TryReleaseAsync() ? repeats.AbandonAsync(ticket) : Task.CompletedTask);
            throw;
        }

        return ticket.Path == RequestPath.Queued
            ? new Admission.Queued(ticket.Request) { Webhook = ticket.Call.Webhook }
            : new Admission.Repeated(await repeats.WaitAsync(ticket));
    }
}
