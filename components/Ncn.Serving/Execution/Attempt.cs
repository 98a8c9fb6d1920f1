using System.Runtime.CompilerServices;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Execution;

/// <summary>A node failed an attempt. <see cref="NodeIsToBlame"/> is false when another node would answer the same.</summary>
internal sealed class AttemptFailedException(string reason, bool nodeIsToBlame, bool isBusy = false) : Exception(reason)
{
    public bool NodeIsToBlame { get; } = nodeIsToBlame;

    public bool IsBusy { get; } = isBusy;

    /// <summary>What the node sent is not what it signed.</summary>
    public bool IsFalse { get; init; }

    /// <summary>A receipt that proves a total which the gateway's ledger missed.</summary>
    public string? ProvenReceiptJson { get; init; }

    /// <summary>What is wrong with an input that the model refused, as clients are told.</summary>
    public string Code { get; init; } = "invalid_input";
}

/// <summary>One call of a node: yields verified chunks, then the verified receipt.</summary>
internal sealed class Attempt(Compute.ComputeClient client, Signed<InferenceJob> job, NodePayment? payment, OutputVerifier verifier)
{
    /// <summary>Metadata key under which a node proves a running total that the gateway does not know.</summary>
    public const string LastReceiptKey = "ncn-last-receipt";

    private const string CodeKey = "ncn-code";
    private const string ContextTooLong = "context_length_exceeded";
    private const int MaxStops = 20;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopInterval = TimeSpan.FromMilliseconds(100);

    public string FinishReason { get; private set; } = string.Empty;

    public Signed<Receipt>? Receipt { get; private set; }

    /// <summary>What an audit of this attempt needs; null before the receipt, and for a model that gives no tokens.</summary>
    public AttemptEvidence? Evidence { get; private set; }

    /// <summary>Verified chunks. When <paramref name="stop"/> fires the node is asked to stop; the stream then ends with its receipt.</summary>
    public async IAsyncEnumerable<Chunk> RunAsync(byte[] input, [EnumeratorCancellation] CancellationToken stop)
    {
        using var hardStop = new CancellationTokenSource();
        await using var onStop = stop.Register(() => _ = StopAsync(hardStop));
        using var call = client.Run(Request(input), deadline: Deadline(), cancellationToken: hardStop.Token);
        while (await MoveNextAsync(call))
        {
            switch (call.ResponseStream.Current.KindCase)
            {
                case RunEvent.KindOneofCase.Chunk when Receipt is null:
                    Require(verifier.Accept(call.ResponseStream.Current.Chunk));
                    yield return call.ResponseStream.Current.Chunk;
                    break;
                case RunEvent.KindOneofCase.Completed when Receipt is null:
                    Complete(call.ResponseStream.Current.Completed, input);
                    break;
                default:
                    throw new AttemptFailedException("the node sent an event out of order", nodeIsToBlame: true) { IsFalse = true };
            }
        }

        if (Receipt is null)
        {
            throw new AttemptFailedException("the node's stream ended without a receipt", nodeIsToBlame: true);
        }
    }

    private DateTime Deadline() => DateTimeOffset.FromUnixTimeMilliseconds((long)job.Message.Deadline).UtcDateTime;

    private RunRequest Request(byte[] input) => new()
    {
        JobJson = JsonSerializer.Serialize(job, ProtocolJson.Options),
        PaymentJson = payment is null ? string.Empty : JsonSerializer.Serialize(payment, ProtocolJson.Options),
        Input = ByteString.CopyFrom(input),
    };

    private static async Task<bool> MoveNextAsync(AsyncServerStreamingCall<RunEvent> call)
    {
        try
        {
            return await call.ResponseStream.MoveNext(CancellationToken.None);
        }
        catch (RpcException refused)
        {
            throw new AttemptFailedException(
                $"{refused.StatusCode}: {refused.Status.Detail}",
                nodeIsToBlame: refused.StatusCode is not StatusCode.InvalidArgument,
                isBusy: refused.StatusCode is StatusCode.ResourceExhausted)
            {
                ProvenReceiptJson = refused.Trailers.GetValue(LastReceiptKey),
                Code = refused.Trailers.GetValue(CodeKey) == ContextTooLong ? ContextTooLong : "invalid_input",
            };
        }
    }

    private void Complete(Completed completed, byte[] input)
    {
        Signed<Receipt>? receipt;
        try
        {
            receipt = JsonSerializer.Deserialize<Signed<Receipt>>(completed.ReceiptJson, ProtocolJson.Strict);
        }
        catch (JsonException malformed)
        {
            throw new AttemptFailedException($"the node's receipt cannot be read: {malformed.Message}", nodeIsToBlame: true);
        }

        Require(receipt?.Message is null ? "the node's receipt is empty" : verifier.Accept(receipt, completed.Fingerprints.Span));
        (Receipt, FinishReason) = (receipt, completed.FinishReason);
        Evidence = completed.Fingerprints.IsEmpty ? null
            : new AttemptEvidence(job, input, verifier.TokenIds, receipt!, completed.Fingerprints.ToByteArray());
    }

    private async Task StopAsync(CancellationTokenSource hardStop)
    {
        try
        {
            hardStop.CancelAfter(StopPatience);
            var request = new StopRequest { RequestId = ByteString.CopyFrom(job.Message.RequestId.Value.ToArray()), Attempt = job.Message.Attempt };

            // The word to stop can overtake the job that it is for.
            for (var tries = 0; tries < MaxStops && !(await client.StopAsync(request, deadline: DateTime.UtcNow + StopPatience)).Known; tries++)
            {
                await Task.Delay(StopInterval, hardStop.Token);
            }
        }
        catch (RpcException)
        {
            // The node does not answer: the hard stop ends the call.
            await hardStop.CancelAsync();
        }
        catch (Exception over) when (over is ObjectDisposedException or OperationCanceledException)
        {
            // The call ended by itself while the request to stop was on its way.
        }
    }

    private static void Require(string? problem)
    {
        if (problem is not null)
        {
            throw new AttemptFailedException(problem, nodeIsToBlame: true) { IsFalse = true };
        }
    }
}
