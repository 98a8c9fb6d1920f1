using Ncn.Coordination.Mempool;
using Ncn.Protocol;
using Ncn.Registry.Hosting;

namespace Ncn.Registry.Requests;

/// <summary>A job that the mempool gave up, published on the topic <c>results</c> until somebody has taken it.</summary>
internal sealed record JobGivenUp(RequestId RequestId, JobDeath Death);

/// <summary>Takes given-up jobs from the topic <c>results</c> and tells their requests.</summary>
internal sealed class ResultsTopic(FailedRequests failed, ILogger<ResultsTopic> log)
{
    internal Task ReceiveAsync(HttpContext http) => Topics.ReceiveAsync<JobGivenUp>(http, log, message =>
        failed.TellAsync(message.RequestId, "not_served", ReasonOf(message.Death)));

    private static string ReasonOf(JobDeath death) => death switch
    {
        JobDeath.Expired => "No node finished the request before its deadline; nothing is charged. Send it again.",
        JobDeath.Undeliverable => "Every node that took the request failed; nothing is charged. Send it again.",
        JobDeath.Replaced => "The request was replaced by another of the same payer, as asked; nothing is charged for this one.",
        JobDeath.Evicted => "The queue is full of better-paid requests; nothing is charged. Send it again later or offer more.",
        JobDeath.Cancelled => "The request was cancelled before a node took it; nothing is charged.",
        _ => "The request was not run; nothing is charged. Send it again.",
    };
}
