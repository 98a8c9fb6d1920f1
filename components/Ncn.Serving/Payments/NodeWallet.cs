using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Payments;

/// <summary>Pays nodes: signs a running total that covers one more job, and charges what the node's receipt states.</summary>
public sealed class NodeWallet(GatewayIdentity identity, EscrowCache escrow, IActorProxyFactory actors)
{
    /// <summary>
    /// A voucher that covers the job, durable before it is signed. Null for a free job. Throws <see cref="ApiException"/> when the channel
    /// to this node is not funded.
    /// </summary>
    public async Task<NodePayment?> AuthorizeAsync(InferenceJob job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.MaxPrice.IsZero)
        {
            return null;
        }

        var config = NodeChannel.Config(identity.Address, job.Node, identity.Token);
        var channel = config.Id(identity.PaymentsDomain);
        var view = await escrow.GetAsync(channel, job.MaxPrice, cancellationToken);
        var result = await Authorize(job, config, channel, view);
        if (result.Outcome == ChannelOutcome.ExceedsEscrow)
        {
            view = await escrow.GetAsync(channel, new TokenAmount(UInt128.MaxValue), cancellationToken);
            result = await Authorize(job, config, channel, view);
        }

        return result.Outcome is ChannelOutcome.Accepted or ChannelOutcome.Repeated
            ? NodePayment.From(SignedVoucher.Create(config, result.VoucherMax, identity.Signer, identity.PaymentsDomain), identity.PaymentsDomain)
            : throw new ApiException(new ApiError(
                503, "node_unfunded", $"The gateway's channel to node {job.Node} cannot cover the job ({result.Outcome}); repeat in a moment.")
            { RetryAfterSeconds = 2 });
    }

    /// <summary>Charges what the receipt states. Idempotent.</summary>
    public async Task ChargeAsync(InferenceJob job, TokenAmount price)
    {
        if (!job.MaxPrice.IsZero)
        {
            await Actor(job.Node).ChargeAsync(new ChargeCall(KeyOf(job), price));
        }
    }

    /// <summary>The node delivered nothing that it can prove.</summary>
    public async Task ReleaseAsync(InferenceJob job)
    {
        if (!job.MaxPrice.IsZero)
        {
            await Actor(job.Node).ReleaseAsync(KeyOf(job));
        }
    }

    /// <summary>Gives an attempt's reservation back, if there is one, and says what the attempt was paid.</summary>
    public async Task<TokenAmount> EndAsync(Address node, RequestId request, uint attempt) =>
        (await Actor(node).ReleaseAsync(KeyOf(request, attempt))).KeyAmount;

    /// <summary>Takes over a running total that the node has proven with a receipt signed by its key for this gateway's channel.</summary>
    public async Task<bool> RecognizeAsync(Signed<Receipt> receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        var channel = NodeChannel.Config(identity.Address, receipt.Message.Node, identity.Token).Id(identity.PaymentsDomain);
        if (receipt.Message.Gateway != identity.Address || receipt.Message.ChannelId != channel
            || !receipt.IsSignedBy(receipt.Message.Node, identity.NetworkDomain))
        {
            return false;
        }

        var result = await Actor(receipt.Message.Node).RecognizeAsync(receipt.Message.Cumulative);
        return result.Outcome == ChannelOutcome.Accepted;
    }

    private Task<ChannelResult> Authorize(InferenceJob job, ChannelConfig config, ChannelId channel, EscrowView view) =>
        actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel)
            .AuthorizeAsync(new AuthorizeCall(KeyOf(job), config, job.MaxPrice, view.Funds, job.Deadline + 120_000));

    private IChannelActor Actor(Address node) => actors.CreateActorProxy<IChannelActor>(
        ActorTypes.IdOf(NodeChannel.Config(identity.Address, node, identity.Token).Id(identity.PaymentsDomain)), ActorTypes.Channel);

    private static string KeyOf(InferenceJob job) => KeyOf(job.RequestId, job.Attempt);

    private static string KeyOf(RequestId request, uint attempt) => $"{request}:{attempt}";
}
