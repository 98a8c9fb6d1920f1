using System.Diagnostics;
using System.Runtime.CompilerServices;
using Ncn.Coordination.Dispatch;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;
using Ncn.Serving.Observability;
using Ncn.Serving.Payments;
using Ncn.Serving.Receipts;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Execution;

/// <summary>Runs one attempt on one node: signs its job, pays for it, and turns its verified chunks into parts.</summary>
public sealed class AttemptRunner(
    NodeConnections connections, NodeWallet wallet, JobBuilder jobs, GatewayIdentity identity, GatewayMetrics metrics,
    SubnetTerms terms, ReceiptBook receipts, TimeProvider time)
{
    /// <summary>The attempt's parts, the last one its end. Throws <see cref="AttemptFailedException"/> when the node fails.</summary>
    /// <param name="start">Where it runs.</param>
    /// <param name="delivered">Tokens that the client has already.</param>
    internal async IAsyncEnumerable<RunPart> RunAsync(
        RunPlan plan, DispatchOutput.Start start, IReadOnlyList<int> delivered, [EnumeratorCancellation] CancellationToken stop)
    {
        var (node, offer, number) = (start.Node.Operator, start.Offer, plan.FirstAttempt + start.Number);
        var resumed = Resumption.Of(delivered, plan.Limit.CompletionTokens);
        var input = plan.InputAfter(resumed.Committed);
        var limit = plan.LimitAfter(resumed.Committed.Length);
        var job = jobs.Build(plan, number, node, offer, input, UsagePrice.Of(offer.Price, limit), holdsToService: true);
        // An iterator's steps run in the context of whoever asks for the next piece, so the call of the node is begun under this span by hand.
        using var span = GatewayTraces.Attempt(plan.Request, number, node, offer.Name);
        var payment = await PayAsync(job.Message);
        var verifier = new OutputVerifier(
            job.Message, offer, limit, identity.NetworkDomain, plan.Input.KindCase == Input.KindOneofCase.Sealed, plan.ChecksCommitments);
        var pieces = new AttemptPieces(plan, start, resumed, verifier, terms.ChargedMarginBasisPoints);
        Activity.Current = span ?? Activity.Current;
        Attempt? attempt = null;
        try
        {
            attempt = new Attempt(connections.Client(start.Node.GrpcEndpoint, node), job, payment, verifier, input, stop);
            Chunk? chunk;
            do
            {
                var asked = time.GetTimestamp();
                chunk = await attempt.NextAsync();
                pieces.Meter.Waited(time.GetElapsedTime(asked), chunk is null ? 0 : AttemptPieces.TokensOf(chunk));
                if (chunk is not null && pieces.Of(chunk) is { } part)
                {
                    yield return part;
                }
            }
            while (chunk is not null);
        }
        finally
        {
            await EndAsync(job.Message, attempt);
        }

        yield return pieces.End(attempt);
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

    private async ValueTask EndAsync(InferenceJob job, Attempt? attempt)
    {
        var receipt = attempt?.Receipt;
        if (attempt?.Accepted is { } accepted)
        {
            receipts.Add(accepted);
        }

        metrics.Attempt(receipt is null ? "failed" : attempt!.FinishReason is "stop" or "length" or "cancelled" ? attempt.FinishReason : "done");
        metrics.Money(MoneyKind.PaidToNodes, receipt?.Message.Price ?? TokenAmount.Zero);
        await (receipt is null ? wallet.ReleaseAsync(job) : wallet.ChargeAsync(job, receipt.Message.Price));
        await (attempt?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
