using System.Text;
using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Observability;
using Ncn.Serving.Oip;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Batch;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Requests;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Queueing;

/// <summary>Turns a queued job's verified result into the answer that the client asked for: kept first, then charged, and its node paid.</summary>
/// <remarks>
/// Each delivery can be made again. 1. the client's reservation is this process's while it delivers, so that nobody gives it back; 2. the
/// answer is kept; 3. the client is charged what the kept answer says and the node is paid, both idempotent by their keys. After a crash
/// between 2 and 3 the node delivers again, or the next life of this process charges (<see cref="LeftBehind"/>). Where another answer was
/// first, or nothing is held, nobody is charged and nobody is paid.
/// </remarks>
public sealed class QueuedAnswers(
    KeptAnswers keeping, ChannelTurns turns, NodeWallet wallet, EscrowCache escrow, GatewayIdentity identity, AnswerForms forms, IActorProxyFactory actors,
    SubnetTerms terms, IOptions<ChannelOptions> channels, GatewayMetrics metrics, TimeProvider time)
{
    /// <summary>What tells a delivery from any other of its request: its receipt covers who made it, under which lease, and all of its bytes.</summary>
    internal static string RunOf(JobResult result) => result.Receipt.Message.StructHash().ToString();

    /// <summary>Keeps and charges a verified result. Throws <see cref="ApiException"/> when it is not wanted any more.</summary>
    internal async Task DeliverAsync(Leased leased, IReadOnlyList<Chunk> chunks, JobResult result, AttemptEvidence? evidence)
    {
        var (request, receipt) = (leased.Request, result.Receipt.Message);
        var end = EndOf(leased.Offer, result);
        if (leased.Kept is { } known)
        {
            await PayAsync(leased, end, known.Charged);
            return;
        }

        var held = await TakeAsync(request, receipt.RequestId);
        if (held is { Outcome: not (ChannelOutcome.Accepted or ChannelOutcome.AlreadyCharged) })
        {
            await wallet.ReleaseAsync(leased.Job.Message);
            throw new ApiException(new ApiError(409, "reservation_lost", $"The request's reservation is gone ({held.Outcome}). Drop the job."));
        }

        var cost = CostOf(request, leased.Offer, end, held);
        var answer = Answer(request, end, chunks, cost, await SettlementAsync(request, held, cost)) with { Evidence = evidence, Run = RunOf(result) };
        var kept = await keeping.KeepAsync(
            receipt.RequestId, answer, static (actor, whole) => actor.CompleteAsync(whole), known => known.IsOurs ? PayAsync(leased, end, cost) : DropAsync(leased, known.Answer));
        if (!kept.IsOurs)
        {
            throw new ApiException(new ApiError(409, JobLeases.AlreadyDone, "The request has another answer. Drop the job."));
        }
    }

    /// <summary>Keeps the answer to an input that no node can run; the reservation is given back.</summary>
    internal async Task RefuseAsync(Leased leased, string code, string message)
    {
        var (id, request) = (leased.Job.Message.RequestId, leased.Request);
        if (request.Channel is { } channel)
        {
            var release = new ReleaseCall(id.ToString()) { IsWaiting = true };
            var released = await turns.AskAsync(channel, new ChannelStep { Release = release }, CancellationToken.None);
            if (!released.KeyAmount.IsZero)
            {
                throw new ApiException(new ApiError(409, JobLeases.LeaseLost, "Another result of the job is on its way. Drop the job."));
            }
        }

        var error = ApiError.BadRequest(code, message);
        var body = request.Dialect == InferEndpoint.Dialect ? Encoding.UTF8.GetString(OipError.Body(error)) : forms.Of(request.Dialect).Error(error);
        await actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(id), ActorTypes.Request)
            .CompleteAsync(new StoredAnswer(error.Status, body, [], TokenAmount.Zero));
    }

    private static RunPart.Finished EndOf(ModelOffer offer, JobResult result)
    {
        var receipt = result.Receipt.Message;
        var isDecoder = offer.Kind == ModelOffer.Decoder;
        return new RunPart.Finished(
            result.Receipt, offer, result.FinishReason, receipt.PromptTokens, isDecoder ? receipt.CompletionTokens : 0,
            isDecoder ? 0 : receipt.CompletionTokens, Attempts: 1);
    }

    // Null when it costs nothing. One that was charged and has no answer was delivered by a gateway that charged first: its charge stands.
    private async Task<ChannelResult?> TakeAsync(QueuedRequest request, RequestId id)
    {
        if (request.Channel is not { } channel)
        {
            return null;
        }

        var until = (ulong)(time.GetUtcNow() + TimeSpan.FromSeconds(channels.Value.SlackSeconds)).ToUnixTimeMilliseconds();
        return await turns.AskAsync(channel, new ChannelStep { Assign = new AssignCall(id.ToString(), turns.Holder, until) }, CancellationToken.None);
    }

    // The price may have risen between a run that died and this one: the client pays what was held for it at most.
    private TokenAmount CostOf(QueuedRequest request, ModelOffer offer, RunPart.Finished end, ChannelResult? held)
    {
        var price = TokenAmount.Min(UsagePrice.WithMargin(UsagePrice.Of(offer.Price, end.Usage), terms.ChargedMarginBasisPoints), request.Ceiling);
        return held is null ? price : held.Outcome == ChannelOutcome.AlreadyCharged ? held.KeyAmount : TokenAmount.Min(price, held.KeyAmount);
    }

    private Task PayAsync(Leased leased, RunPart.Finished end, TokenAmount cost)
    {
        Tell(leased, key => new ChannelStep { Charge = new ChargeCall(key, cost) });
        var price = end.Receipt.Message.Price;
        metrics.Money(MoneyKind.Charged, cost);
        metrics.Money(MoneyKind.Released, TokenAmount.SubtractOrZero(leased.Request.Ceiling, cost));
        metrics.Money(MoneyKind.PaidToNodes, price);
        metrics.Use(leased.Offer.Name, end.Usage);
        return wallet.ChargeAsync(leased.Job.Message, price);
    }

    // Another result's answer is charged, by whomever; a failure costs nothing.
    private Task DropAsync(Leased leased, StoredAnswer? first)
    {
        Tell(leased, key => first is { StatusCode: >= 200 and < 300 }
            ? new ChannelStep { Charge = new ChargeCall(key, first.Charged) }
            : new ChannelStep { Release = new ReleaseCall(key, turns.Holder) });
        return wallet.ReleaseAsync(leased.Job.Message);
    }

    private void Tell(Leased leased, Func<string, ChannelStep> step)
    {
        if (leased.Request.Channel is { } channel)
        {
            turns.Tell(channel, step(leased.Job.Message.RequestId.ToString()));
        }
    }

    private StoredAnswer Answer(
        QueuedRequest request, RunPart.Finished end, IReadOnlyList<Chunk> chunks, TokenAmount cost, SettlementResponse? settlement)
    {
        if (request.Dialect == InferEndpoint.Dialect)
        {
            var asked = Inference.ModelInferRequest.Parser.ParseFrom(Input.Parser.ParseFrom(request.Input).Tensors);
            return InferAnswer.Of(asked, Inference.ModelInferResponse.Parser.ParseFrom(chunks[0].Tensors), end, cost, settlement);
        }

        var context = new AnswerContext(end.Receipt.Message.RequestId, request.Model, (long)(request.CreatedAt / 1000), request.Body);
        return forms.Of(request.Dialect).Whole(context, [.. chunks.Select(ToPart), end], new AnswerCost(cost, settlement));
    }

    private static RunPart ToPart(Chunk chunk) => chunk.Tensors.IsEmpty
        ? new RunPart.Text([.. chunk.TokenIds], chunk.Text, chunk.PromptTokens) { Logprobs = chunk.Logprobs.Count > 0 ? chunk.Logprobs : null }
        : new RunPart.Tensors(Inference.ModelInferResponse.Parser.ParseFrom(chunk.Tensors));

    // The books as they are when its charge is made.
    private async Task<SettlementResponse?> SettlementAsync(QueuedRequest request, ChannelResult? held, TokenAmount cost)
    {
        if (request.Channel is not { } channel || held is null)
        {
            return null;
        }

        var books = held.Outcome == ChannelOutcome.AlreadyCharged
            ? held : held with { Charged = held.Charged + cost, Reserved = TokenAmount.SubtractOrZero(held.Reserved, held.KeyAmount) };
        var view = await escrow.GetAsync(channel, TokenAmount.Zero, CancellationToken.None);
        return new SettlementResponse(
            true, string.Empty, X402Header.Network(identity.ChainId), string.Empty, Payer: null, ErrorReason: null,
            new SettlementExtra(cost, BatchScheme.View(channel, view, books)));
    }
}
