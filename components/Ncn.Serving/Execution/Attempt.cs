using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Receipts;

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

/// <summary>One call of a node: gives verified chunks, then the verified receipt. Begun when it is made.</summary>
internal sealed class Attempt : IAsyncDisposable
{
    /// <summary>Metadata key under which a node proves a running total that the gateway does not know.</summary>
    public const string LastReceiptKey = "ncn-last-receipt";

    private const string CodeKey = "ncn-code";
    private const string ContextTooLong = "context_length_exceeded";
    private const int MaxStops = 20;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopInterval = TimeSpan.FromMilliseconds(100);

    private readonly Compute.ComputeClient _client;
    private readonly Signed<InferenceJob> _job;
    private readonly OutputVerifier _verifier;
    private readonly byte[] _input;
    private readonly string _jobJson;
    private readonly CancellationTokenSource _hardStop = new();
    private readonly CancellationTokenRegistration _onStop;
    private readonly AsyncServerStreamingCall<RunEvent> _call;

    /// <param name="stop">When it fires the node is asked to stop; the stream then ends with its receipt.</param>
    public Attempt(
        Compute.ComputeClient client, Signed<InferenceJob> job, NodePayment? payment, OutputVerifier verifier, byte[] input, CancellationToken stop)
    {
        (_client, _job, _verifier, _input) = (client, job, verifier, input);
        _jobJson = JsonSerializer.Serialize(job, ProtocolJson.Options);
        _onStop = stop.UnsafeRegister(static attempt => _ = ((Attempt)attempt!).StopAsync(), this);
        var deadline = DateTimeOffset.FromUnixTimeMilliseconds((long)job.Message.Deadline).UtcDateTime;
        _call = client.Run(Request(payment), deadline: deadline, cancellationToken: _hardStop.Token);
    }

    public string FinishReason { get; private set; } = string.Empty;

    public Signed<Receipt>? Receipt { get; private set; }

    /// <summary>What validators are shown of this attempt; null before the receipt.</summary>
    public AcceptedReceipt? Accepted { get; private set; }

    /// <summary>What an audit of this attempt needs; null before the receipt, and for a model that gives no tokens.</summary>
    public AttemptEvidence? Evidence { get; private set; }

    /// <summary>The next chunk, verified; null when the receipt is there. Throws <see cref="AttemptFailedException"/> when the node fails.</summary>
    public async ValueTask<Chunk?> NextAsync()
    {
        try
        {
            while (await _call.ResponseStream.MoveNext(CancellationToken.None))
            {
                if (Take(_call.ResponseStream.Current) is { } chunk)
                {
                    return chunk;
                }
            }
        }
        catch (RpcException refused)
        {
            throw Failure(refused);
        }

        return Receipt is null ? throw new AttemptFailedException("the node's stream ended without a receipt", nodeIsToBlame: true) : null;
    }

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await _onStop.DisposeAsync();
        _hardStop.Dispose();
    }

    private RunRequest Request(NodePayment? payment) => new()
    {
        JobJson = _jobJson,
        PaymentJson = payment is null ? string.Empty : JsonSerializer.Serialize(payment, ProtocolJson.Options),
        Input = UnsafeByteOperations.UnsafeWrap(_input), // nobody changes it
    };

    // Null for the receipt.
    private Chunk? Take(RunEvent came)
    {
        switch (came.KindCase)
        {
            case RunEvent.KindOneofCase.Chunk when Receipt is null:
                Require(_verifier.Accept(came.Chunk));
                return came.Chunk;
            case RunEvent.KindOneofCase.Completed when Receipt is null:
                Complete(came.Completed);
                return null;
            default:
                throw new AttemptFailedException("the node sent an event out of order", nodeIsToBlame: true) { IsFalse = true };
        }
    }

    private static AttemptFailedException Failure(RpcException refused) => new(
        $"{refused.StatusCode}: {refused.Status.Detail}",
        nodeIsToBlame: refused.StatusCode is not StatusCode.InvalidArgument,
        isBusy: refused.StatusCode is StatusCode.ResourceExhausted)
    {
        ProvenReceiptJson = refused.Trailers.GetValue(LastReceiptKey),
        Code = refused.Trailers.GetValue(CodeKey) == ContextTooLong ? ContextTooLong : "invalid_input",
    };

    private void Complete(Completed completed)
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

        Require(receipt?.Message is null ? "the node's receipt is empty" : _verifier.Accept(receipt, completed.Fingerprints.Span));
        (Receipt, FinishReason) = (receipt, completed.FinishReason);
        Accepted = new AcceptedReceipt(receipt!.Message, _jobJson, completed.ReceiptJson, _verifier.IsSealed, _input, _verifier.Chunks, completed.Fingerprints)
        {
            WasStopped = _onStop.Token.IsCancellationRequested,
        };
        Evidence = completed.Fingerprints.IsEmpty ? null
            : new AttemptEvidence(_job, _input, _verifier.TokenIds, receipt!, completed.Fingerprints.ToByteArray());
    }

    private async Task StopAsync()
    {
        try
        {
            _hardStop.CancelAfter(StopPatience);
            var request = new StopRequest { RequestId = ByteString.CopyFrom(_job.Message.RequestId.Value.ToArray()), Attempt = _job.Message.Attempt };

            // The word to stop can overtake the job that it is for.
            for (var tries = 0; tries < MaxStops && !(await _client.StopAsync(request, deadline: DateTime.UtcNow + StopPatience)).Known; tries++)
            {
                await Task.Delay(StopInterval, _hardStop.Token);
            }
        }
        catch (RpcException)
        {
            // The node does not answer: the hard stop ends the call.
            await _hardStop.CancelAsync();
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
