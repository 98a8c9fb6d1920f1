using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;
using Ncn.Serving.Payments;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Execution;

/// <summary>Runs a request on a node, and on another when the first fails: the caller sees one stream (design section 6, steps 4 to 7).</summary>
/// <remarks>
/// 1. pick a node; 2. sign a job and a voucher for it; 3. stream verified chunks; 4. when the node fails before the end, go on at another
/// node from the tokens that the caller already has, with the same seed; 5. charge the node what its verified receipt states.
/// </remarks>
public sealed class DirectRunner(
    RoutingTable routing, NodeConnections connections, NodeWallet wallet, JobBuilder jobs, GatewayIdentity identity,
    TimeProvider time, ILogger<DirectRunner> log)
{
    private const int MaxFailures = 4;
    private const uint MaxAttempts = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PickInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan BusyTime = TimeSpan.FromMilliseconds(500);

    /// <summary>The parts of the answer. Throws <see cref="ApiException"/> when no node can give it.</summary>
    /// <param name="stop">Fires when the client goes away: the node is stopped and the end comes with what was delivered.</param>
    public async IAsyncEnumerable<RunPart> RunAsync(RunPlan plan, TokenAmount nodeCeiling, [EnumeratorCancellation] CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var progress = new Progress();
        for (uint attempt = 0; progress.Failures < MaxFailures && attempt < MaxAttempts && time.GetUtcNow() < plan.Deadline; attempt++)
        {
            if (await PickAsync(plan, progress, nodeCeiling, stop) is not { } chosen)
            {
                break;
            }

            var parts = AttemptAsync(plan, plan.FirstAttempt + attempt, chosen, progress, stop).GetAsyncEnumerator(CancellationToken.None);
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

    // A request that has begun waits a little for a node: a crashed one is soon back, and the client keeps what it has.
    private async Task<Candidate?> PickAsync(RunPlan plan, Progress progress, TokenAmount nodeCeiling, CancellationToken stop)
    {
        var patience = time.GetUtcNow() + (progress.LastProblem is null ? TimeSpan.Zero : Patience);
        while (true)
        {
            var candidates = await CandidatesAsync(plan);
            var chosen = NodeChoice.Pick(candidates, progress.Excluded(candidates, time.GetUtcNow()), plan.NodeCeiling, nodeCeiling, Draw());
            if (chosen is not null || time.GetUtcNow() >= patience || stop.IsCancellationRequested)
            {
                return chosen;
            }

            await Task.Delay(PickInterval, time, CancellationToken.None);
        }
    }

    private async Task<IReadOnlyList<Candidate>> CandidatesAsync(RunPlan plan)
    {
        var candidates = await routing.FindAsync(plan.Model, CancellationToken.None);
        return plan.Node is { } node ? [.. candidates.Where(candidate => candidate.Node.Operator == node)] : candidates;
    }

    private static (uint, uint) Draw()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        return (BitConverter.ToUInt32(random), BitConverter.ToUInt32(random[4..]));
    }

    // False when the attempt failed and another node should go on.
    private async Task<bool> NextAsync(RunPlan plan, IAsyncEnumerator<RunPart> parts, Candidate chosen, Progress progress, CancellationToken stop)
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
                throw new ApiException(ApiError.BadRequest("invalid_input", $"The model refused the input: {failure.Message}"));
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

    private async IAsyncEnumerable<RunPart> AttemptAsync(
        RunPlan plan, uint number, Candidate chosen, Progress progress, [EnumeratorCancellation] CancellationToken stop)
    {
        var committed = progress.Commit(plan.Limit.CompletionTokens);
        var input = plan.InputAfter(committed);
        var limit = plan.LimitAfter(committed.Length);
        var job = jobs.Build(plan, number, chosen.Node.Operator, chosen.Offer, input, UsagePrice.Of(chosen.Offer.Price, limit));
        var payment = await PayAsync(job.Message);
        var verifier = new OutputVerifier(job.Message, chosen.Offer, limit, identity.NetworkDomain, isSealed: plan.Input.KindCase == Input.KindOneofCase.Sealed);
        var attempt = new Attempt(connections.Client(chosen.Node.GrpcEndpoint, chosen.Node.Operator), job, payment, verifier);
        using var tracking = routing.Track(chosen.Node.Operator);
        try
        {
            await foreach (var chunk in attempt.RunAsync(input, stop))
            {
                if (Part(chunk, progress) is { } part)
                {
                    yield return part;
                }
            }
        }
        finally
        {
            await SettleAsync(job.Message, attempt.Receipt);
        }

        yield return Finish(plan, number, chosen, attempt, progress);
    }

    private static RunPart? Part(Chunk chunk, Progress progress)
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
        return new RunPart.Text([.. chunk.TokenIds], chunk.Text, chunk.PromptTokens);
    }

    private Task SettleAsync(InferenceJob job, Signed<Receipt>? receipt) =>
        receipt is null ? wallet.ReleaseAsync(job) : wallet.ChargeAsync(job, receipt.Message.Price);

    private static RunPart.Finished Finish(RunPlan plan, uint number, Candidate chosen, Attempt attempt, Progress progress)
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
            Evidence = attempt.Evidence,
        };
    }

    // What the caller has got so far, over all attempts.
    private sealed class Progress
    {
        public List<int> Tokens { get; } = [];

        /// <summary>Tokens of a sealed answer; rows for tensors.</summary>
        public uint SealedTokens { get; set; }

        /// <summary>Nodes that have failed this request, with the sequence of the record that they had then.</summary>
        public Dictionary<Address, ulong> Failed { get; } = [];

        /// <summary>Nodes that had no room, and until when they are not asked again.</summary>
        public Dictionary<Address, DateTimeOffset> BusyUntil { get; } = [];

        public int Failures { get; set; }

        /// <summary>Nodes that failed and have not joined anew since, and those that had no room a moment ago.</summary>
        public HashSet<Address> Excluded(IReadOnlyList<Candidate> candidates, DateTimeOffset now) => candidates
            .Where(candidate =>
                (Failed.TryGetValue(candidate.Node.Operator, out var sequence) && candidate.Node.Sequence <= sequence)
                || (BusyUntil.TryGetValue(candidate.Node.Operator, out var until) && now < until))
            .Select(static candidate => candidate.Node.Operator)
            .ToHashSet();

        public string? LastProblem { get; set; }

        /// <summary>The caller had every token already and only the receipt was missing: the last token is made once more, unseen.</summary>
        public bool IsRegenerating { get; set; }

        /// <summary>The tokens that the next attempt goes on after.</summary>
        public int[] Commit(uint maxTokens)
        {
            IsRegenerating = maxTokens > 0 && Tokens.Count >= maxTokens;
            return IsRegenerating ? [.. Tokens[..^1]] : [.. Tokens];
        }
    }
}
