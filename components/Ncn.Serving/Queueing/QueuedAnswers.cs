using System.Text;
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
using Ncn.Serving.Routing;

namespace Ncn.Serving.Queueing;

/// <summary>Turns a queued job's verified result into the answer that the client asked for, charging what was delivered.</summary>
public sealed class QueuedAnswers(
    ChannelTurns turns, EscrowCache escrow, GatewayIdentity identity, AnswerForms forms, SubnetTerms terms,
    GatewayMetrics metrics)
{
    /// <summary>The answer to a delivered result; the client is charged. Idempotent by request.</summary>
    public async Task<StoredAnswer> DeliverAsync(QueuedRequest request, ModelOffer offer, IReadOnlyList<Chunk> chunks, JobResult result)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(offer);
        var receipt = result.Receipt.Message;
        var isDecoder = offer.Kind == ModelOffer.Decoder;
        var end = new RunPart.Finished(
            result.Receipt, offer, result.FinishReason, receipt.PromptTokens, isDecoder ? receipt.CompletionTokens : 0,
            isDecoder ? 0 : receipt.CompletionTokens, Attempts: 1);
        var cost = TokenAmount.Min(
            UsagePrice.WithMargin(UsagePrice.Of(offer.Price, end.Usage), terms.ChargedMarginBasisPoints), request.Ceiling);
        var settlement = await ChargeAsync(request, receipt.RequestId, cost);
        cost = settlement?.Extra?.ChargedAmount ?? cost;
        metrics.Money(MoneyKind.Charged, cost);
        metrics.Money(MoneyKind.Released, TokenAmount.SubtractOrZero(request.Ceiling, cost));
        metrics.Money(MoneyKind.PaidToNodes, receipt.Price);
        metrics.Use(offer.Name, end.Usage);
        return Answer(request, end, chunks, cost, settlement);
    }

    /// <summary>The answer to an input that no node can run; the reservation is given back.</summary>
    public async Task<StoredAnswer> RefuseAsync(RequestId id, QueuedRequest request, string code, string message)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Channel is { } channel)
        {
            await turns.AskAsync(channel, new ChannelStep { Release = new ReleaseCall(id.ToString()) }, CancellationToken.None);
        }

        var error = ApiError.BadRequest(code, message);
        var body = request.Dialect == InferEndpoint.Dialect ? Encoding.UTF8.GetString(OipError.Body(error)) : forms.Of(request.Dialect).Error(error);
        return new StoredAnswer(error.Status, body, [], TokenAmount.Zero);
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

    private async Task<SettlementResponse?> ChargeAsync(QueuedRequest request, RequestId id, TokenAmount cost)
    {
        if (request.Channel is not { } channel)
        {
            return null;
        }

        var result = await turns.AskAsync(channel, new ChannelStep { Charge = new ChargeCall(id.ToString(), cost) }, CancellationToken.None);
        if (result.Outcome == ChannelOutcome.ExceedsReservation)
        {
            // The price rose between a run that died and this one: the client pays what was held for it.
            result = await turns.AskAsync(channel, new ChannelStep { Charge = new ChargeCall(id.ToString(), result.KeyAmount) }, CancellationToken.None);
        }

        if (result.Outcome is not (ChannelOutcome.Accepted or ChannelOutcome.Repeated))
        {
            throw new ApiException(new ApiError(409, "reservation_lost", $"The request's reservation is gone ({result.Outcome}). Drop the job."));
        }

        var view = await escrow.GetAsync(channel, TokenAmount.Zero, CancellationToken.None);
        return new SettlementResponse(
            true, string.Empty, X402Header.Network(identity.ChainId), string.Empty, Payer: null, ErrorReason: null,
            new SettlementExtra(result.KeyAmount, BatchScheme.View(channel, view, result)));
    }
}
