using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Queueing;

/// <summary>What a node may do with a queued job: take it, keep it, give it back; each under the lease that it signs for.</summary>
public sealed class JobLeases(
    IActorProxyFactory actors, MempoolTurns pools, RoutingTable routing, JobBuilder jobs, GatewayIdentity identity, SubnetTerms terms, IOptions<GatewayOptions> options)
{
    internal const string LeaseLost = "lease_lost";
    internal const string AlreadyDone = "already_done";

    /// <summary>
    /// A lease is good when its node signed for it and offers the model at the price, the mempool grants it, and the request waits for an
    /// answer. A job that this node cannot have goes back to the queue at once.
    /// </summary>
    /// <param name="run">The run whose result is delivered; where its answer is kept already, the lease has done its work. Null for none.</param>
    internal async Task<Leased> TakeAsync(string id, Signed<JobAccept> accept, string? run = null)
    {
        var (queued, kept) = await ReadAsync(id, accept, run);
        if (await FindOfferAsync(accept.Message, queued) is not { } offer)
        {
            await AskAsync(queued, new MempoolStep { Decline = accept.Message });
            throw new ApiException(new ApiError(409, "not_offered", $"Node {accept.Message.Node} does not offer {queued.Model} in this subnet, or asks more than the request may cost. Drop the job."));
        }

        var granted = kept is null ? await GrantAsync(accept.Message, queued) : null;
        var input = Input.Parser.ParseFrom(queued.Input);
        var plan = new RunPlan(accept.Message.RequestId, queued.Model, input, queued.Limit, queued.Seed, DeadlineOf(accept.Message, queued));
        var job = jobs.Build(plan, AttemptOf(accept.Message), accept.Message.Node, offer, queued.Input, UsagePrice.Of(offer.Price, queued.Limit));
        return new Leased(job, offer, queued, granted?.LeaseMilliseconds ?? 0, kept);
    }

    /// <summary>The node goes on with the job: its lease begins anew. Answered with its length, milliseconds.</summary>
    internal async Task<ulong> RenewAsync(string id, Signed<JobAccept> accept) => (await GrantAsync(accept.Message, (await ReadAsync(id, accept)).Request)).LeaseMilliseconds;

    /// <summary>The node does not go on with the job, or cannot begin it: another gets it.</summary>
    internal async Task DeclineAsync(string id, Signed<JobAccept> accept)
    {
        var declined = await AskAsync((await ReadAsync(id, accept)).Request, new MempoolStep { Decline = accept.Message });
        if (!declined.Accepted)
        {
            throw new ApiException(new ApiError(409, LeaseLost, $"{declined.Reason} Drop the job."));
        }
    }

    /// <summary>The request has its answer.</summary>
    internal Task FinishAsync(Leased leased) => AskAsync(leased.Request, new MempoolStep { Complete = leased.Job.Message.RequestId });

    internal static uint AttemptOf(JobAccept accept) => (uint)Math.Min(accept.LeaseToken, uint.MaxValue);

    private async Task<(QueuedRequest Request, StoredAnswer? Kept)> ReadAsync(string id, Signed<JobAccept> accept, string? run = null)
    {
        if (accept.Message is null || accept.Message.RequestId.ToString() != id || !accept.IsSignedBy(accept.Message.Node, identity.NetworkDomain))
        {
            throw new ApiException(new ApiError(401, "signature_invalid", "The acceptance is not signed by the node that it names, for this job."));
        }

        var request = accept.Message.RequestId;
        var view = await Request(request).GetAsync();
        if (view is { Queued: { } queued } && (view.Answer is null || (run is not null && view.Answer.Run == run)))
        {
            return (queued, view.Answer);
        }

        await (view?.Queued is { } answered ? AskAsync(answered, new MempoolStep { Complete = request }) : Task.CompletedTask);
        throw new ApiException(new ApiError(409, AlreadyDone, "The request has its answer. Drop the job."));
    }

    private async Task<MempoolResult> GrantAsync(JobAccept accept, QueuedRequest queued)
    {
        var granted = await AskAsync(queued, new MempoolStep { Accept = accept });
        return granted.Accepted ? granted : throw new ApiException(new ApiError(409, LeaseLost, $"{granted.Reason} Drop the job."));
    }

    // Null when it does not offer the model, or asks more than the request may cost.
    private async Task<ModelOffer?> FindOfferAsync(JobAccept accept, QueuedRequest queued)
    {
        var offers = await routing.FindAsync(queued.Model, CancellationToken.None);
        return offers.FirstOrDefault(candidate => candidate.Node.Operator == accept.Node)?.Offer is { } offer
            && UsagePrice.WithMargin(UsagePrice.Of(offer.Price, queued.Limit), terms.ChargedMarginBasisPoints) <= queued.Ceiling ? offer : null;
    }

    // A request may wait for a day, a node has less time. The job must be the same one when its result comes, and the node must not shape
    // it, since the places of its fingerprints follow from it: so the time goes by whole steps from the request's beginning.
    private DateTimeOffset DeadlineOf(JobAccept accept, QueuedRequest queued)
    {
        var step = (ulong)options.Value.PulledSeconds * 1000;
        var whole = queued.Deadline > queued.CreatedAt ? queued.Deadline - queued.CreatedAt : 0;
        var waited = accept.SentAt > queued.CreatedAt ? Math.Min(whole, accept.SentAt - queued.CreatedAt) : 0;
        return DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(queued.Deadline, queued.CreatedAt + ((waited / step) + 2) * step));
    }

    private Task<MempoolResult> AskAsync(QueuedRequest queued, MempoolStep step) => pools.AskAsync(new SubnetId(options.Value.Subnet), queued.Model, queued.Shard, step);

    private IRequestActor Request(RequestId request) => actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request);
}

/// <summary>A job that a node has.</summary>
/// <param name="LeaseMilliseconds">For how long, from when it was granted.</param>
/// <param name="Kept">Its answer, made from the very result that is delivered again; null while it has none.</param>
internal sealed record Leased(Signed<InferenceJob> Job, ModelOffer Offer, QueuedRequest Request, ulong LeaseMilliseconds, StoredAnswer? Kept = null);
