using Ncn.Coordination.Dispatch;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Execution;

/// <summary>Where an attempt goes on after what the client has already.</summary>
/// <param name="Committed">The tokens that it goes on after.</param>
/// <param name="Delivered">The tokens that the client has.</param>
/// <param name="IsRegenerating">The client had every token and only the receipt was missing: the last token is made once more, unseen.</param>
internal readonly record struct Resumption(int[] Committed, uint Delivered, bool IsRegenerating)
{
    internal static Resumption Of(IReadOnlyList<int> delivered, uint maxTokens)
    {
        var isRegenerating = maxTokens > 0 && delivered.Count >= maxTokens;
        return new Resumption([.. isRegenerating ? delivered.SkipLast(1) : delivered], (uint)delivered.Count, isRegenerating);
    }
}

/// <summary>Turns one attempt's chunks into the client's parts, and counts them.</summary>
internal sealed class AttemptPieces(RunPlan plan, DispatchOutput.Start start, Resumption resumed, OutputVerifier verifier, uint marginBasisPoints)
{
    private bool _isSkipping = resumed.IsRegenerating;
    private uint _tokens;

    /// <summary>How long the gateway waited for them.</summary>
    public ServiceMeter Meter { get; } = new();

    /// <summary>Tokens in a chunk; a tensor model's whole answer counts as one.</summary>
    public static uint TokensOf(Chunk chunk) => chunk.Tensors.IsEmpty ? (uint)chunk.TokenIds.Count + chunk.SealedTokens : 1;

    /// <summary>The part; null for one that the client has already.</summary>
    public RunPart? Of(Chunk chunk)
    {
        if (!chunk.Sealed.IsEmpty)
        {
            _tokens += chunk.SealedTokens;
            return new RunPart.Sealed(chunk.Sealed, chunk.SealedTokens, chunk.PromptTokens) { Choice = plan.Choice };
        }

        if (!chunk.Tensors.IsEmpty)
        {
            return new RunPart.Tensors(Inference.ModelInferResponse.Parser.ParseFrom(chunk.Tensors)) { Choice = plan.Choice };
        }

        if (_isSkipping)
        {
            _isSkipping = false;
            return null;
        }

        _tokens += (uint)chunk.TokenIds.Count;
        return new RunPart.Text([.. chunk.TokenIds], chunk.Text, chunk.PromptTokens)
        {
            Choice = plan.Choice,
            Model = start.Offer.Name,
            Logprobs = chunk.Logprobs.Count > 0 ? chunk.Logprobs : null,
            Commitment = chunk.Commitment.IsEmpty ? null : verifier.LastCommitment,
        };
    }

    /// <summary>The attempt's end, by its receipt.</summary>
    public RunPart.Finished End(Attempt attempt)
    {
        var receipt = attempt.Receipt!;
        var isDecoder = start.Offer.Kind == ModelOffer.Decoder;
        var end = new RunPart.Finished(
            receipt, start.Offer, attempt.FinishReason,
            PromptTokens: receipt.Message.PromptTokens,
            CompletionTokens: isDecoder ? resumed.Delivered + _tokens : 0,
            Rows: isDecoder ? 0 : receipt.Message.CompletionTokens,
            Attempts: start.Number + 1)
        {
            Choice = plan.Choice,
            Evidence = attempt.Evidence,
        };
        return end with { Service = Report(end.Usage, receipt.Message.Price) };
    }

    private ServiceReport Report(Usage used, TokenAmount paid)
    {
        var share = ServiceCredit.BasisPoints(start.Offer.Service, Meter.Measure);
        var price = UsagePrice.WithMargin(UsagePrice.Of(start.Offer.Price, used), marginBasisPoints);
        // What the node does not take off its own price comes out of the margin, and no more: else a node that is late on purpose and its own
        // client would live on the difference.
        var credit = TokenAmount.Min(ServiceCredit.Of(price, share), TokenAmount.SubtractOrZero(price, paid));
        return new ServiceReport(start.Offer.Service, Meter.Measure, share, credit);
    }
}
