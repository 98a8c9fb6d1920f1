using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;
using Ncn.Soak.Node;

namespace Ncn.Soak.Loads;

/// <summary>A job on the direct path, called and verified as a gateway does.</summary>
internal sealed class DirectJob
{
    private static readonly Usage Limit = new(4096, 4096, 0);
    private readonly SoakNode _node;
    private readonly ModelOffer _model;
    private readonly Signed<InferenceJob> _job;
    private readonly RunRequest _request;

    public DirectJob(SoakNode node, string model, Input input, ulong seed)
    {
        byte[] bytes = input.ToByteArray();
        _node = node;
        _model = node.Offers[model];
        _job = node.Job(_model, bytes, seed);
        NodePayment payment = node.Payment();
        _request = new RunRequest
        {
            JobJson = JsonSerializer.Serialize(_job, ProtocolJson.Options),
            PaymentJson = JsonSerializer.Serialize(payment, ProtocolJson.Options),
            Input = ByteString.CopyFrom(bytes),
        };
    }

    /// <summary>Runs to the end and checks every chunk and the receipt. Returns the finish reason and the chunks.</summary>
    public async Task<(string FinishReason, IReadOnlyList<Chunk> Chunks)> RunAsync(uint rows = 0, Func<Task>? onFirstChunk = null)
    {
        var verifier = new OutputVerifier(_job.Message, _model, Limit with { Rows = rows }, _node.Domain);
        var chunks = new List<Chunk>();
        Completed? completed = null;
        using AsyncServerStreamingCall<RunEvent> call = _node.Compute.Run(_request);
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            completed = call.ResponseStream.Current.Completed;
            if (call.ResponseStream.Current.Chunk is { } chunk)
            {
                Refuse(verifier.Accept(chunk));
                chunks.Add(chunk);
                await (chunks.Count == 1 && onFirstChunk is not null ? onFirstChunk() : Task.CompletedTask);
            }
        }

        Refuse(completed is null ? "the stream ended without a receipt" : null);
        var receipt = JsonSerializer.Deserialize<Signed<Receipt>>(completed!.ReceiptJson, ProtocolJson.Options)!;
        Refuse(verifier.Accept(receipt, completed.Fingerprints.Span));
        return (completed.FinishReason, chunks);
    }

    /// <summary>Asks the node to stop this job.</summary>
    public async Task StopAsync() => await _node.Compute.StopAsync(
        new StopRequest { RequestId = ByteString.CopyFrom(_job.Message.RequestId.Value.ToArray()), Attempt = _job.Message.Attempt });

    /// <summary>Hangs up after the first chunk.</summary>
    public async Task AbandonAsync()
    {
        using AsyncServerStreamingCall<RunEvent> call = _node.Compute.Run(_request);
        Refuse(await call.ResponseStream.MoveNext(CancellationToken.None) ? null : "nothing came");
    }

    private static void Refuse(string? problem)
    {
        if (problem is not null)
        {
            throw new SoakFailedException(problem);
        }
    }
}
