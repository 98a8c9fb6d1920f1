using System.Diagnostics;
using System.Runtime.CompilerServices;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;
using Ncn.Serving.Observability;
using Ncn.Serving.Payments;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Execution;

/// <summary>Runs one attempt on one node: signs its job, pays for it, and turns its verified chunks into parts.</summary>
public sealed class AttemptRunner(RoutingTable routing, NodeConnections connections, NodeWallet wallet, JobBuilder jobs, GatewayIdentity identity,
    GatewayMetrics metrics)
{
    /// <summary>The attempt's parts, the last one its end. Throws <see cref="AttemptFailedException"/> when the node fails.</summary>
    internal async IAsyncEnumerable<RunPart> RunAsync(
        RunPlan plan, uint number, Candidate chosen, RunProgress progress, [EnumeratorCancellation] CancellationToken stop)
    {
        var committed = progress.Commit(plan.Limit.CompletionTokens);
        var input = plan.InputAfter(committed);
        var limit = plan.LimitAfter(committed.Length);
        var job = jobs.Build(plan, number, chosen.Node.Operator, chosen.Offer, input, UsagePrice.Of(chosen.Offer.Price, limit));
        // An iterator's steps run in the context of whoever asks for the next piece, so the call of the node is begun under this span by hand.
        using var span = GatewayTraces.Attempt(plan.Request, number, chosen.Node.Operator, plan.Model);
        var payment = await PayAsync(job.Message);
        var verifier = new OutputVerifier(job.Message, chosen.Offer, limit, identity.NetworkDomain, isSealed: plan.Input.KindCase == Input.KindOneofCase.Sealed);
        var attempt = new Attempt(connections.Client(chosen.Node.GrpcEndpoint, chosen.Node.Operator), job, payment, verifier);
        using var tracking = routing.Track(chosen.Node.Operator);
        Activity.Current = span ?? Activity.Current;
        try
        {
            await foreach (var chunk in attempt.RunAsync(input, stop))
            {
                if (Part(chunk, progress, verifier) is { } part)
                {
                    yield return part with { Choice = plan.Choice };
                }
            }
        }
        finally
        {
            metrics.Attempt(attempt.Receipt is null ? "failed" : attempt.FinishReason is "stop" or "length" or "cancelled" ? attempt.FinishReason : "done");
            metrics.Money(MoneyKind.PaidToNodes, attempt.Receipt?.Message.Price ?? TokenAmount.Zero);
            await SettleAsync(job.Message, attempt.Receipt);
        }

        yield return Finish(plan, number, chosen, attempt, progress);
    }

    // A node whose channel has no room is as good as busy: it may have room in a moment, and another may have it now.
    private async Task<NodePayment?> PayAsync(InferenceJob job)
    {
        try
        {
            return await wallet.AuthorizeAsync(job, CancellationToken.None);
        }
        catch (ApiException unfunded)
        {
            throw new AttemptFailedException(unfunded.Message, nodeIsToBlame: true, isBusy: true);
        }
    }

    private Task SettleAsync(InferenceJob job, Signed<Receipt>? receipt) =>
        receipt is null ? wallet.ReleaseAsync(job) : wallet.ChargeAsync(job, receipt.Message.Price);

    private static RunPart? Part(Chunk chunk, RunProgress progress, OutputVerifier verifier)
    {
        if (!chunk.Sealed.IsEmpty)
        {
            progress.SealedTokens += chunk.SealedTokens;
            return new RunPart.Sealed(chunk.Sealed, chunk.SealedTokens, chunk.PromptTokens);
        }

        if (!chunk.Tensors.IsEmpty)
        {
            return new RunPart.Tensors(Inference.ModelInferResponse.Parser.ParseFrom(chunk.Tensors));
        }

        if (progress.IsRegenerating)
        {
            progress.IsRegenerating = false;
            return null;
        }

        progress.Tokens.AddRange(chunk.TokenIds);
        return new RunPart.Text([.. chunk.TokenIds], chunk.Text, chunk.PromptTokens)
        {
            Logprobs = chunk.Logprobs.Count > 0 ? chunk.Logprobs : null,
            Commitment = chunk.Commitment.IsEmpty ? null : verifier.LastCommitment,
        };
    }

    private static RunPart.Finished Finish(RunPlan plan, uint number, Candidate chosen, Attempt attempt, RunProgress progress)
    {
        var receipt = attempt.Receipt!;
        var isDecoder = chosen.Offer.Kind == ModelOffer.Decoder;
        return new RunPart.Finished(
            receipt, chosen.Offer, attempt.FinishReason,
            PromptTokens: receipt.Message.PromptTokens,
            CompletionTokens: isDecoder ? (uint)progress.Tokens.Count + progress.SealedTokens : 0,
            Rows: isDecoder ? 0 : receipt.Message.CompletionTokens,
            Attempts: number - plan.FirstAttempt + 1)
        {
            Choice = plan.Choice,
            Evidence = attempt.Evidence,
        };
    }
}
