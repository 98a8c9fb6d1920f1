using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Execution;

/// <summary>Runs a request on a node, and on another when the first fails: the caller sees one stream (design section 6, steps 4 to 7).</summary>
/// <remarks>
/// 1. pick a node; 2. sign a job and a voucher for it; 3. stream verified chunks; 4. when the node fails before the end, go on at another
/// node from the tokens that the caller already has, with the same seed; 5. charge the node what its verified receipt states.
/// </remarks>
public sealed class DirectRunner(
    NodePicker picker, AttemptRunner attempts, RoutingTable routing, NodeWallet wallet, TimeProvider time, ILogger<DirectRunner> log)
{
    private const int MaxFailures = 4;
    private const uint MaxAttempts = 64;
    private static readonly TimeSpan BusyTime = TimeSpan.FromMilliseconds(500);

    /// <summary>The parts of the answer. Throws <see cref="ApiException"/> when no node can give it.</summary>
    /// <param name="stop">Fires when the client goes away: the node is stopped and the end comes with what was delivered.</param>
    public async IAsyncEnumerable<RunPart> RunAsync(RunPlan plan, TokenAmount nodeCeiling, [EnumeratorCancellation] CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var progress = new RunProgress();
        for (uint attempt = 0; progress.Failures < MaxFailures && attempt < MaxAttempts && time.GetUtcNow() < plan.Deadline; attempt++)
        {
            if (await picker.PickAsync(plan, progress, nodeCeiling, stop) is not { } chosen)
            {
                break;
            }

            var parts = attempts.RunAsync(plan, plan.FirstAttempt + attempt, chosen, progress, stop).GetAsyncEnumerator(CancellationToken.None);
            await using (parts)
            {
                while (await NextAsync(plan, parts, chosen, progress, stop))
                {
                    yield return parts.Current;
                    if (parts.Current is RunPart.Finished)
                    {
                        yield break;
                    }
                }
            }
        }

        throw new ApiException(progress.LastProblem is { } problem
            ? new ApiError(502, "nodes_failed", $"No node could finish the request; the last one failed because {problem}. Nothing was charged.") { RetryAfterSeconds = 1 }
            : ApiError.NoRoom(plan.Model));
    }

    // False when the attempt failed and another node should go on.
    private async Task<bool> NextAsync(RunPlan plan, IAsyncEnumerator<RunPart> parts, Candidate chosen, RunProgress progress, CancellationToken stop)
    {
        try
        {
            return await parts.MoveNextAsync();
        }
        catch (AttemptFailedException) when (stop.IsCancellationRequested)
        {
            // The client went away and the call was cut: nobody failed, and nobody waits for another node.
            throw new OperationCanceledException(stop);
        }
        catch (AttemptFailedException failure)
        {
            log.LogWarning("Node {Node} failed an attempt: {Reason}", chosen.Node.Operator, failure.Message);
            if (!failure.NodeIsToBlame)
            {
                throw new ApiException(ApiError.BadRequest(failure.Code, $"The model refused the input: {failure.Message}"));
            }

            await RecognizeAsync(failure);
            progress.LastProblem = failure.Message;
            ThrowIfPinned(plan, failure);
            if (failure.IsBusy || failure.ProvenReceiptJson is not null)
            {
                progress.BusyUntil[chosen.Node.Operator] = time.GetUtcNow() + BusyTime;
                return false;
            }

            routing.Eject(chosen.Node.Operator);
            progress.Failed[chosen.Node.Operator] = chosen.Node.Sequence;
            progress.Failures++;
            return false;
        }
    }

    // Nobody else can read the request, and its node takes it once: the client seals the rest for another node. A node that only showed
    // a missed total has not taken it yet.
    private void ThrowIfPinned(RunPlan plan, AttemptFailedException failure)
    {
        if (plan.Node is { } node && failure.ProvenReceiptJson is null)
        {
            Eject(node, failure);
            throw new ApiException(failure.IsBusy
                ? ApiError.NoRoom(plan.Model)
                : new ApiError(502, "node_failed", $"Node {node} did not finish the request: {failure.Message}. Nothing was charged; seal the rest for another node."));
        }
    }

    private void Eject(Address node, AttemptFailedException failure)
    {
        if (!failure.IsBusy)
        {
            routing.Eject(node);
        }
    }

    private async Task RecognizeAsync(AttemptFailedException failure)
    {
        if (ReadProof(failure.ProvenReceiptJson) is { } receipt)
        {
            await wallet.RecognizeAsync(receipt);
        }
    }

    /// <summary>What a node proves its total with; null when it is no receipt.</summary>
    internal static Signed<Receipt>? ReadProof(string? json)
    {
        try
        {
            return json is { Length: > 0 and < 16_384 } && JsonSerializer.Deserialize<Signed<Receipt>>(json, ProtocolJson.Strict) is { Message: not null } receipt
                ? receipt : null;
        }
        catch (JsonException)
        {
            // A node that cannot prove its total is passed over like one that has none to prove.
            return null;
        }
    }
}
