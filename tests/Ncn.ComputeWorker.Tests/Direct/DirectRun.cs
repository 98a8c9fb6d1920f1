using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;

namespace Ncn.ComputeWorker.Tests.Direct;

/// <summary>What a node delivered, all of it verified as a gateway does.</summary>
internal sealed record Delivery(IReadOnlyList<Chunk> Chunks, Signed<Receipt> Receipt, string FinishReason, FingerprintSet Fingerprints)
{
    public int[] Tokens => [.. Chunks.SelectMany(chunk => chunk.TokenIds)];

    public string Text => string.Concat(Chunks.Select(chunk => chunk.Text));

    public ulong Price => (ulong)Receipt.Message.Price.Units;
}

/// <summary>Calls a worker as a gateway does.</summary>
internal static class DirectRun
{
    public static RunRequest Request(Signed<InferenceJob> job, NodePayment? payment, byte[] input) => new()
    {
        JobJson = JsonSerializer.Serialize(job, ProtocolJson.Options),
        PaymentJson = payment is null ? "" : JsonSerializer.Serialize(payment, ProtocolJson.Options),
        Input = ByteString.CopyFrom(input),
    };

    /// <param name="onChunk">Is told each chunk as it comes.</param>
    public static async Task<Delivery> RunAsync(
        Compute.ComputeClient node, RunRequest request, ModelOffer offer, Usage limit, Eip712Domain network, Func<Chunk, Task>? onChunk = null,
        bool isSealed = false)
    {
        var job = JsonSerializer.Deserialize<Signed<InferenceJob>>(request.JobJson, ProtocolJson.Options)!;
        var verifier = new OutputVerifier(job.Message, offer, limit, network, isSealed);
        List<Chunk> chunks = [];
        Completed? completed = null;
        using AsyncServerStreamingCall<RunEvent> call = node.Run(request);
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            Assert.Null(completed);
            completed = call.ResponseStream.Current.Completed;
            if (call.ResponseStream.Current.Chunk is { } chunk)
            {
                Assert.Null(verifier.Accept(chunk));
                chunks.Add(chunk);
                await (onChunk?.Invoke(chunk) ?? Task.CompletedTask);
            }
        }

        var receipt = JsonSerializer.Deserialize<Signed<Receipt>>(completed!.ReceiptJson, ProtocolJson.Options)!;
        Assert.Null(verifier.Accept(receipt, completed.Fingerprints.Span));
        Assert.True(FingerprintSet.TryDecode(completed.Fingerprints.Span, out FingerprintSet? fingerprints, out _));
        return new Delivery(chunks, receipt, completed.FinishReason, fingerprints);
    }

    /// <summary>The status of a call that must fail.</summary>
    public static async Task<RpcException> RefusedAsync(Compute.ComputeClient node, RunRequest request)
    {
        using AsyncServerStreamingCall<RunEvent> call = node.Run(request);
        return await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
    }
}
