using System.Text;
using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Queueing;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Batches;

/// <summary>Runs single lines of a batch as requests of the queue, each with an id and a share of the batch's reservation of its own.</summary>
public sealed class BatchLines(
    LineOrders orders, JobPublisher queue, RequestIds ids, RequestCancellation cancellation, AnswerForms forms, IActorProxyFactory actors,
    IOptions<GatewayOptions> options)
{
    /// <summary>The id of a line: the same whoever runs it.</summary>
    public RequestId IdOf(RequestId batch, int line) => ids.FromKey("batch-line", $"{batch}\n{line}");

    /// <summary>Puts a line into the queue. Its answer when it has one already, or cannot be run.</summary>
    /// <remarks>1. begin its request; 2. take its share out of the batch's reservation; 3. publish it. Each can be done again.</remarks>
    internal async Task<StoredAnswer?> BeginAsync(BatchSpec spec, BatchWork work, int line)
    {
        var request = IdOf(work.Batch, line);
        var body = work.Lines[line].Body;
        var order = orders.Read(spec.Endpoint, body);
        var deadline = DateTimeOffset.FromUnixTimeMilliseconds((long)spec.ExpiresAt);
        var plan = new RunPlan(request, order.Model, order.Inputs[0], order.Limit, order.Seed ?? ids.SeedOf(request), deadline);
        var queued = queue.Describe(plan, order, voucher: null, work.Ceilings[line]) with { Channel = spec.Channel };
        var lease = spec.ExpiresAt > queued.CreatedAt ? spec.ExpiresAt - queued.CreatedAt : 1;
        var begun = await Actor(request).BeginAsync(new BeginCall(RequestIds.Fingerprint(spec.Endpoint, body.Span), lease, queued));
        if (begun.Outcome == BeginOutcome.Completed)
        {
            return begun.Answer;
        }

        if (spec.Channel is { } channel && await RefusedAsync(channel, work, request, spec, line) is { } refused)
        {
            await Actor(request).CompleteAsync(refused);
            return refused;
        }

        // The least fee: whoever pays for an answer now goes first.
        await queue.SubmitAsync(plan, TokenAmount.Zero, PayerOf(spec));
        return null;
    }

    /// <summary>How many requests wait in the queue that a line would wait in.</summary>
    internal async Task<int> WaitingAsync(BatchSpec spec, BatchWork work, int line)
    {
        var model = orders.Read(spec.Endpoint, work.Lines[line].Body).Model;
        var pool = ActorTypes.IdOf(new SubnetId(options.Value.Subnet), model, queue.ShardOf(IdOf(work.Batch, line)));
        return (await actors.CreateActorProxy<IMempoolActor>(pool, ActorTypes.Mempool).GetAsync()).Waiting;
    }

    /// <summary>Whether a line was begun, by whomever.</summary>
    internal async Task<bool> IsBegunAsync(RequestId request) => await Actor(request).GetAsync() is not null;

    /// <summary>A line's answer; null while it has none.</summary>
    internal async Task<StoredAnswer?> FindAsync(RequestId request) => (await Actor(request).GetAsync())?.Answer;

    /// <summary>Takes a line out of the queue; false when a node has it.</summary>
    internal async Task<bool> CancelAsync(RequestId request) => await Actor(request).GetAsync() is not { Queued: { } queued, Answer: null }
        || await cancellation.CancelQueuedAsync(request, queued);

    private async Task<StoredAnswer?> RefusedAsync(ChannelId channel, BatchWork work, RequestId request, BatchSpec spec, int line)
    {
        var split = await actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel)
            .SplitAsync(new SplitCall(work.Batch.ToString(), request.ToString(), work.Ceilings[line], spec.ExpiresAt)
            {
                Models = orders.Read(spec.Endpoint, work.Lines[line].Body).Models,
            });
        if (split.Outcome is ChannelOutcome.Accepted or ChannelOutcome.Repeated or ChannelOutcome.AlreadyCharged)
        {
            return null;
        }

        var error = new ApiError(402, "payment_lost", $"The batch's reservation does not carry this request any more ({split.Outcome}); it was not run, and costs nothing.");
        return new StoredAnswer(error.Status, forms.Of(orders.Read(spec.Endpoint, work.Lines[line].Body).Dialect).Error(error), [], TokenAmount.Zero);
    }

    // A batch's lines share the queue as one payer's.
    private static Address PayerOf(BatchSpec spec) => new(Keccak256.Of(Encoding.UTF8.GetBytes(spec.Account)).ToArray().AsSpan(^Address.Size..));

    private IRequestActor Actor(RequestId request) => actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request);
}
