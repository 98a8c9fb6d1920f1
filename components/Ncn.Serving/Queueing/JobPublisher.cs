using System.Buffers.Binary;
using Dapr.Client;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Oip;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Queueing;

/// <summary>Hands requests to the mempool: published at least once, deduplicated there by request id.</summary>
public sealed class JobPublisher(DaprClient dapr, GatewayIdentity identity, IOptions<GatewayOptions> options, TimeProvider time)
{
    private const string PubSub = "pubsub";
    private const string Topic = "mempool";

    /// <summary>What the RequestActor keeps for the node that will run it.</summary>
    public QueuedRequest Describe(RunPlan plan, Order order, SignedVoucher? voucher, TokenAmount ceiling)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(order);
        return new QueuedRequest(
            plan.Input.ToByteArray(), voucher?.Config.Id(identity.PaymentsDomain), ceiling, plan.Limit, order.Model, plan.Seed, order.Dialect,
            (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), (ulong)plan.Deadline.ToUnixTimeMilliseconds())
        {
            Body = order.Dialect == InferEndpoint.Dialect ? [] : order.Body.ToArray(),
            Shard = ShardOf(plan.Request),
        };
    }

    /// <summary>Which of its model's pools a request waits in: the same for a request, however often it is asked.</summary>
    public uint ShardOf(RequestId request) => BinaryPrimitives.ReadUInt32BigEndian(request.Value.ToArray()) % (uint)options.Value.MempoolShards;

    /// <summary>Publishes the job.</summary>
    /// <param name="payer">Who shares the queue fairly with others.</param>
    /// <param name="replaces">The payer's own request whose place it takes; null for none.</param>
    public Task SubmitAsync(RunPlan plan, TokenAmount fee, Address payer, RequestId? replaces = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var job = new QueuedJob(
            plan.Request, new SubnetId(options.Value.Subnet), options.Value.SubnetName, plan.Model, fee, identity.PublicUrl,
            (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), (ulong)plan.Deadline.ToUnixTimeMilliseconds())
        {
            Payer = payer,
            Shard = ShardOf(plan.Request),
            Replaces = replaces,
        };
        return dapr.PublishEventAsync(PubSub, Topic, job);
    }
}
