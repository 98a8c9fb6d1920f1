using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;
using Ncn.Serving.Payments;
using Ncn.Serving.Receipts;

namespace Ncn.Serving.Queueing;

/// <summary>The queued path's node side: a node that pulled a job accepts it, runs it, and delivers its result here.</summary>
/// <remarks>Every step is idempotent: a node repeats the delivery until it is answered, and only the first delivery counts.</remarks>
public sealed class JobsEndpoint(JobLeases leases, NodeWallet wallet, QueuedAnswers answers, ReceiptBook receipts, GatewayIdentity identity)
{
    private const int MaxAcceptBytes = 8 * 1024;
    private const int MaxResultBytes = 32 * 1024 * 1024;

    public Task AcceptAsync(HttpContext http, string id) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var accept = await NodesEndpoint.ReadAsync<Signed<JobAccept>>(http, MaxAcceptBytes);
        var leased = await leases.TakeAsync(id, accept);
        var payment = await wallet.AuthorizeAsync(leased.Job.Message, http.RequestAborted, isQueued: true);
        await http.Response.WriteAsJsonAsync(
            new AcceptedJob(leased.Job, payment, leased.Request.Input) { LeaseMilliseconds = leased.LeaseMilliseconds }, ProtocolJson.Options, http.RequestAborted);
    });

    public Task RenewAsync(HttpContext http, string id) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var lease = await leases.RenewAsync(id, await NodesEndpoint.ReadAsync<Signed<JobAccept>>(http, MaxAcceptBytes));
        await http.Response.WriteAsJsonAsync(new RenewedLease(lease), ProtocolJson.Options, http.RequestAborted);
    });

    public Task DeclineAsync(HttpContext http, string id) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        await leases.DeclineAsync(id, await NodesEndpoint.ReadAsync<Signed<JobAccept>>(http, MaxAcceptBytes));
        http.Response.StatusCode = StatusCodes.Status200OK;
    });

    public Task ResultAsync(HttpContext http, string id) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var result = await NodesEndpoint.ReadAsync<JobResult>(http, MaxResultBytes);
        if (result.Receipt.Message is null || result.Chunks.Any(static chunk => chunk is null))
        {
            throw new ApiException(ApiError.BadRequest("invalid_result", "The result lacks its receipt's message or has an empty chunk; send all of it."));
        }

        if (await LeaseOrPaidAsync(id, result) is not { } leased)
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

        await answers.DeliverAsync(leased, chunks, result, EvidenceOf(leased, verifier, result));
        receipts.Add(AcceptedReceipt.Of(leased.Job, result.Receipt, leased.Request.Input, chunks, result.Fingerprints));
        await leases.FinishAsync(leased);
        http.Response.StatusCode = StatusCodes.Status200OK;
    });

    public Task RejectAsync(HttpContext http, string id) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var rejection = await NodesEndpoint.ReadAsync<JobRejection>(http, MaxAcceptBytes);
        var leased = await leases.TakeAsync(id, rejection.Accept);
        await wallet.ReleaseAsync(leased.Job.Message);
        await answers.RefuseAsync(leased, rejection.Code, rejection.Message);
        await leases.FinishAsync(leased);
        http.Response.StatusCode = StatusCodes.Status200OK;
    });

    // Null for a delivery that was taken and paid, and whose answer the node did not get: it may charge what it was paid.
    private async Task<Leased?> LeaseOrPaidAsync(string id, JobResult result)
    {
        try
        {
            return await leases.TakeAsync(id, result.Accept, QueuedAnswers.RunOf(result));
        }
        catch (ApiException lost) when (lost.Error.Code is JobLeases.LeaseLost or JobLeases.AlreadyDone)
        {
            var lease = result.Accept.Message;
            if ((await wallet.EndAsync(lease.Node, lease.RequestId, JobLeases.AttemptOf(lease))).IsZero)
            {
                throw;
            }

            return null;
        }
    }

    private static AttemptEvidence? EvidenceOf(Leased leased, OutputVerifier verifier, JobResult result) => result.Fingerprints is not { Length: > 0 } fingerprints
        ? null
        : new AttemptEvidence(leased.Job, leased.Request.Input, verifier.TokenIds, result.Receipt, fingerprints);

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
}
