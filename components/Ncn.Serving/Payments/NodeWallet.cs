using System.Collections.Concurrent;
using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Turns;

namespace Ncn.Serving.Payments;

/// <summary>Pays nodes: signs a running total that covers one more job, and charges what the node's receipt states.</summary>
public sealed class NodeWallet(
    GatewayIdentity identity, EscrowCache escrow, ChannelTurns turns, IActorProxyFactory actors, IOptions<ChannelOptions> options)
{
    private const int MaxChannels = 10_000;
    private readonly ConcurrentDictionary<Address, (ChannelConfig Config, ChannelId Id)> _channels = [];

    /// <summary>
    /// A voucher that covers the job, durable before it is signed. Null for a free job. Throws <see cref="ApiException"/> when the channel
    /// to this node is not funded.
    /// </summary>
    /// <param name="isQueued">A node pulled it: it goes on whatever becomes of this process.</param>
    public async Task<NodePayment?> AuthorizeAsync(InferenceJob job, CancellationToken cancellationToken, bool isQueued = false)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.MaxPrice.IsZero)
        {
            return null;
        }

        var (config, channel) = Channel(job.Node);
        var view = await escrow.GetAsync(channel, job.MaxPrice, cancellationToken);
        var result = await AskAsync(job, config, channel, view, isQueued, cancellationToken);
        if (result.Outcome == ChannelOutcome.ExceedsEscrow)
        {
            view = await escrow.GetAsync(channel, new TokenAmount(UInt128.MaxValue), cancellationToken);
            result = await AskAsync(job, config, channel, view, isQueued, cancellationToken);
        }

        return result.Outcome is ChannelOutcome.Accepted or ChannelOutcome.Repeated
            ? NodePayment.From(SignedVoucher.Create(config, result.VoucherMax, identity.Signer, identity.PaymentsDomain), identity.PaymentsDomain)
            : throw new ApiException(new ApiError(
                503, "node_unfunded", $"The gateway's channel to node {job.Node} cannot cover the job ({result.Outcome}); repeat in a moment.")
            { RetryAfterSeconds = 2 });
    }

    /// <summary>Charges what the receipt states, durable a moment later. Idempotent.</summary>
    public Task ChargeAsync(InferenceJob job, TokenAmount price)
    {
        ArgumentNullException.ThrowIfNull(job);
        return TellAsync(job, new ChannelStep { Charge = new ChargeCall(KeyOf(job), price) });
    }

    /// <summary>The node delivered nothing that it can prove. Nothing else is ever held under an attempt's key, so it may come late.</summary>
    public Task ReleaseAsync(InferenceJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return TellAsync(job, new ChannelStep { Release = new ReleaseCall(KeyOf(job)) });
    }

    /// <summary>Gives an attempt's reservation back, if there is one, and says what the attempt was paid.</summary>
    public async Task<TokenAmount> EndAsync(Address node, RequestId request, uint attempt) =>
        (await turns.AskAsync(ChannelOf(node), new ChannelStep { Release = new ReleaseCall(KeyOf(request, attempt)) }, CancellationToken.None)).KeyAmount;

    /// <summary>Takes over a running total that the node has proven with a receipt signed by its key for this gateway's channel.</summary>
    public async Task<bool> RecognizeAsync(Signed<Receipt> receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        var channel = ChannelOf(receipt.Message.Node);
        if (receipt.Message.Gateway != identity.Address || receipt.Message.ChannelId != channel
            || !receipt.IsSignedBy(receipt.Message.Node, identity.NetworkDomain))
        {
            return false;
        }

        // The total has charges in it that may still be on their way: counted twice they would be paid twice.
        await turns.FlushAsync(channel, CancellationToken.None);
        var result = await actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel).RecognizeAsync(receipt.Message.Cumulative);
        return result.Outcome == ChannelOutcome.Accepted;
    }

    // A job that nobody hears of holds nothing: what may have been held all the same is given back after it.
    private async Task<ChannelResult> AskAsync(
        InferenceJob job, ChannelConfig config, ChannelId channel, EscrowView view, bool isQueued, CancellationToken cancellationToken)
    {
        var expiresAt = job.Deadline + ((ulong)options.Value.SlackSeconds * 1000);
        try
        {
            var call = new AuthorizeCall(KeyOf(job), config, job.MaxPrice, view.Funds, expiresAt) { Holder = isQueued ? null : turns.Holder };
            return await turns.AskAsync(channel, new ChannelStep { Authorize = call }, cancellationToken);
        }
        catch when (!isQueued)
        {
            turns.Tell(channel, new ChannelStep { Release = new ReleaseCall(KeyOf(job), turns.Holder) { Until = expiresAt } });
            throw;
        }
    }

    private Task TellAsync(InferenceJob job, ChannelStep step)
    {
        if (!job.MaxPrice.IsZero)
        {
            turns.Tell(ChannelOf(job.Node), step);
        }

        return Task.CompletedTask;
    }

    private ChannelId ChannelOf(Address node) => Channel(node).Id;

    // Its id is two hashes away, and asked for at each step of a job.
    private (ChannelConfig Config, ChannelId Id) Channel(Address node)
    {
        if (_channels.TryGetValue(node, out var known))
        {
            return known;
        }

        if (_channels.Count >= MaxChannels)
        {
            _channels.Clear();
        }

        var config = NodeChannel.Config(identity.Address, node, identity.Token);
        return _channels[node] = (config, config.Id(identity.PaymentsDomain));
    }

    private static string KeyOf(InferenceJob job) => KeyOf(job.RequestId, job.Attempt);

    private static string KeyOf(RequestId request, uint attempt) => $"{request}:{attempt}";
}
