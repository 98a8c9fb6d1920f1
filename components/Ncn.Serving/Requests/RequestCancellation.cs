using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Hosting;
using Ncn.Serving.Oip;

namespace Ncn.Serving.Requests;

/// <summary>Gives requests up: one that runs here is stopped and pays for what was delivered; one that waits leaves the queue and costs nothing.</summary>
public sealed class RequestCancellation(
    IActorProxyFactory actors, MempoolTurns pools, LiveAnswers answers, AnswerForms forms, IOptions<GatewayOptions> options)
{
    private const int ClientClosedRequest = 499;

    /// <summary>What became of it: "cancelled" for one that will not run, "cancelling" for one that is being stopped, else how it stands.</summary>
    public async Task<string> CancelAsync(RequestId request)
    {
        if (answers.Find(request) is { } live)
        {
            if (live.IsEnded)
            {
                return "completed";
            }

            live.Cancel();
            return "cancelling";
        }

        var view = await Request(request).GetAsync() ?? throw new ApiException(new ApiError(
            404, "request_not_found", $"No request has the id {request}, or its answer is older than a day.", "id"));
        return view.Answer is not null ? "completed"
            : view.Queued is not { } queued ? "in_progress"
            : await CancelQueuedAsync(request, queued) ? "cancelled" : "in_progress";
    }

    /// <summary>Takes a request out of the queue; false when a node has it already.</summary>
    internal async Task<bool> CancelQueuedAsync(RequestId request, QueuedRequest queued)
    {
        var cancelled = await pools.AskAsync(new SubnetId(options.Value.Subnet), queued.Model, queued.Shard, new MempoolStep { Cancel = request });
        if (!cancelled.Accepted)
        {
            return false;
        }

        if (queued.Channel is { } channel)
        {
            await actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel).ReleaseAsync(request.ToString());
        }

        var error = new ApiError(ClientClosedRequest, "request_cancelled", "The request was cancelled before a node took it; nothing was charged.");
        var body = queued.Dialect == InferEndpoint.Dialect ? System.Text.Encoding.UTF8.GetString(OipError.Body(error)) : forms.Of(queued.Dialect).Error(error);
        await Request(request).CompleteAsync(new StoredAnswer(error.Status, body, [], TokenAmount.Zero));
        return true;
    }

    private IRequestActor Request(RequestId request) => actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request);
}
