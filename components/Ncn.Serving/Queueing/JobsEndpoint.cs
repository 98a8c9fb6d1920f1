using Dapr.Actors.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;
using Ncn.Serving.Payments;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Queueing;

/// <summary>The queued path's node side: a node that pulled a job accepts it, runs it, and delivers its result here.</summary>
/// <remarks>Every step is idempotent: a node repeats the delivery until it is answered, and only the first delivery counts.</remarks>
public sealed class JobsEndpoint(
    IActorProxyFactory actors, RoutingTable routing, NodeWallet wallet, JobBuilder jobs, QueuedAnswers answers,
    GatewayIdentity identity, SubnetTerms terms, IOptions<GatewayOptions> options)
{
    private const int MaxAcceptBytes = 8 * 1024;
    private const int MaxResultBytes = 32 * 1024 * 1024;
    private const string LeaseLost = "lease_lost";
    private const string AlreadyDone = "already_done";

    public Task AcceptAsync(HttpContext http, string id) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var accept = await NodesEndpoint.ReadAsync<Signed<JobAccept>>(http, MaxAcceptBytes);
        var leased = await LeaseAsync(id, accept);
        var payment = await wallet.AuthorizeAsync(leased.Job.Message, http.RequestAborted, isQueued: true);
        await http.Response.WriteAsJsonAsync(
            new AcceptedJob(leased.Job, payment, leased.Request.Input), ProtocolJson.Options, http.RequestAborted);
    });

    public Task ResultAsync(HttpContext http, string id) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var result = await NodesEndpoint.ReadAsync<JobResult>(http, MaxResultBytes);
        if (result.Receipt.Message is null || result.Chunks.Any(static chunk => chunk is null))
        {
            throw new ApiException(ApiError.BadRequest("invalid_result", "The result lacks its receipt's message or has an empty chunk; send all of it."));
        }

        if (await LeaseOrPaidAsync(id, result.Accept) is not { } leased)
        {
            http.Response.StatusCode = StatusCodes.Status200OK;
            return;
        }

        var verifier = new OutputVerifier(leased.Job.Message, leased.Offer, leased.Request.Limit, identity.NetworkDomain);
        var chunks = result.Chunks.Select(ToChunk).ToArray();
        var problem = chunks.Select(verifier.Accept).FirstOrDefault(static found => found is not null) ?? verifier.Accept(result.Receipt, result.Fingerprints);
        if (problem is not null)
        {
            await wallet.ReleaseAsync(leased.Job.Message);
            throw new ApiException(new ApiError(422, "result_refused", $"The result is refused because {problem}; it is not paid."));
        }

        var delivered = await answers.DeliverAsync(leased.Request, leased.Offer, chunks, result);
        await wallet.ChargeAsync(leased.Job.Message, result.Receipt.Message.Price);
        await FinishAsync(leased, delivered with { Evidence = EvidenceOf(leased, verifier, result) });
        http.Response.StatusCode = StatusCodes.Status200OK;
    });

    public Task RejectAsync(HttpContext http, string id) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var rejection = await NodesEndpoint.ReadAsync<JobRejection>(http, MaxAcceptBytes);
        var leased = await LeaseAsync(id, rejection.Accept);
        await wallet.ReleaseAsync(leased.Job.Message);
        await FinishAsync(leased, await answers.RefuseAsync(leased.Job.Message.RequestId, leased.Request, rejection.Code, rejection.Message));
        http.Response.StatusCode = StatusCodes.Status200OK;
    });

    // Null for a delivery that was taken and paid, and whose answer the node did not get: it may charge what it was paid.
    private async Task<Leased?> LeaseOrPaidAsync(string id, Signed<JobAccept> accept)
    {
        try
        {
            return await LeaseAsync(id, accept);
        }
        catch (ApiException lost) when (lost.Error.Code is LeaseLost or AlreadyDone)
        {
            var lease = accept.Message;
            if ((await wallet.EndAsync(lease.Node, lease.RequestId, AttemptOf(lease))).IsZero)
            {
                throw;
            }

            return null;
        }
    }

    // A lease is good when its node signed for it, the mempool still grants it, and the request waits for an answer.
    private async Task<Leased> LeaseAsync(string id, Signed<JobAccept> accept)
    {
        if (accept.Message is null || accept.Message.RequestId.ToString() != id || !accept.IsSignedBy(accept.Message.Node, identity.NetworkDomain))
        {
            throw new ApiException(new ApiError(401, "signature_invalid", "The acceptance is not signed by the node that it names, for this job."));
        }

        var granted = await Mempool().AcceptAsync(accept.Message);
        if (!granted.Accepted)
        {
            throw new ApiException(new ApiError(409, LeaseLost, $"{granted.Reason} Drop the job."));
        }

        if (await Request(accept.Message.RequestId).GetAsync() is not { Answer: null, Queued: { } queued })
        {
            await Mempool().CompleteAsync(accept.Message.RequestId);
            throw new ApiException(new ApiError(409, AlreadyDone, "The request has its answer. Drop the job."));
        }

        return await BuildAsync(accept.Message, queued);
    }

    private async Task<Leased> BuildAsync(JobAccept accept, QueuedRequest queued)
    {
        var offer = (await routing.FindAsync(queued.Model, CancellationToken.None))
            .FirstOrDefault(candidate => candidate.Node.Operator == accept.Node)?.Offer
            ?? throw new ApiException(new ApiError(409, "not_offered", $"Node {accept.Node} does not offer {queued.Model} in this subnet. Drop the job."));
        var input = Input.Parser.ParseFrom(queued.Input);
        var plan = new RunPlan(accept.RequestId, queued.Model, input, queued.Limit, queued.Seed, DeadlineOf(accept, queued));
        var price = UsagePrice.Of(offer.Price, queued.Limit);
        if (UsagePrice.WithMargin(price, terms.ChargedMarginBasisPoints) > queued.Ceiling)
        {
            throw new ApiException(new ApiError(409, "too_dear", $"Node {accept.Node} asks more than the request may cost. Drop the job."));
        }

        var job = jobs.Build(plan, AttemptOf(accept), accept.Node, offer, queued.Input, price);
        return new Leased(job, offer, queued);
    }

    private static AttemptEvidence? EvidenceOf(Leased leased, OutputVerifier verifier, JobResult result) => result.Fingerprints is not { Length: > 0 } fingerprints
        ? null
        : new AttemptEvidence(leased.Job, leased.Request.Input, verifier.TokenIds, result.Receipt, fingerprints);

    private static uint AttemptOf(JobAccept accept) => (uint)Math.Min(accept.LeaseToken, uint.MaxValue);

    // A request may wait for a day, a node has less time. The job must be the same one when its result comes, and the node must not shape
    // it, since the places of its fingerprints follow from it: so the time goes by whole steps from the request's beginning.
    private DateTimeOffset DeadlineOf(JobAccept accept, QueuedRequest queued)
    {
        var step = (ulong)options.Value.PulledSeconds * 1000;
        var whole = queued.Deadline > queued.CreatedAt ? queued.Deadline - queued.CreatedAt : 0;
        var waited = accept.SentAt > queued.CreatedAt ? Math.Min(whole, accept.SentAt - queued.CreatedAt) : 0;
        return DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(queued.Deadline, queued.CreatedAt + ((waited / step) + 2) * step));
    }

    private async Task FinishAsync(Leased leased, StoredAnswer answer)
    {
        await Request(leased.Job.Message.RequestId).CompleteAsync(answer);
        await Mempool().CompleteAsync(leased.Job.Message.RequestId);
    }

    private static Chunk ToChunk(ResultChunk chunk)
    {
        var message = new Chunk
        {
            Index = chunk.Index,
            Text = chunk.Text ?? string.Empty,
            Tensors = Google.Protobuf.ByteString.CopyFrom(chunk.Tensors ?? []),
            RollingHash = Google.Protobuf.ByteString.CopyFrom(chunk.RollingHash.ToArray()),
            Commitment = chunk.Commitment is { } signature ? Google.Protobuf.ByteString.CopyFrom(signature.ToArray()) : Google.Protobuf.ByteString.Empty,
        };
        message.TokenIds.AddRange(chunk.TokenIds ?? []);
        message.Logprobs.AddRange((chunk.Logprobs ?? []).Select(ReadLogprobs));
        return message;
    }

    private static TokenLogprobs ReadLogprobs(byte[]? serialised)
    {
        try
        {
            return TokenLogprobs.Parser.ParseFrom(serialised ?? []);
        }
        catch (Google.Protobuf.InvalidProtocolBufferException malformed)
        {
            throw new ApiException(ApiError.BadRequest("invalid_result", $"A chunk's log-probabilities cannot be read: {malformed.Message}"));
        }
    }

    private IMempoolActor Mempool() =>
        actors.CreateActorProxy<IMempoolActor>(ActorTypes.IdOf(new SubnetId(options.Value.Subnet)), ActorTypes.Mempool);

    private IRequestActor Request(RequestId request) =>
        actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request);

    private sealed record Leased(Signed<InferenceJob> Job, ModelOffer Offer, QueuedRequest Request);
}
