using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Benchmarks.Edge;

/// <summary>Makes chunks and receipts as a node must: hashed, counted, signed.</summary>
internal sealed class MockJobs(Signer signer, Eip712Domain network, Eip712Domain payments, Address token)
{
    private static readonly byte[] Piece = Encoding.UTF8.GetBytes(MockModel.Piece);
    private long _total;

    public Chunk Chunk(InferenceJob job, RollingOutputHash hash, int index, bool isLast)
    {
        Hash32 head = hash.Append([1], Piece);
        bool isSigned = isLast || (index + 1) % StreamCommitment.Interval == 0;
        var chunk = new Chunk { Index = (uint)index, Text = MockModel.Piece, PromptTokens = index == 0 ? 1u : 0, RollingHash = ByteString.CopyFrom(head.ToArray()) };
        chunk.TokenIds.Add(1);
        chunk.Commitment = isSigned
            ? ByteString.CopyFrom(signer.Sign(new StreamCommitment(job.RequestId, job.Attempt, (uint)index, head, (uint)index + 1), network).Signature.ToArray())
            : ByteString.Empty;
        return chunk;
    }

    public Completed Complete(InferenceJob job, MockModel model, RollingOutputHash hash, ulong startedAt)
    {
        var fingerprints = FingerprintSet.Of(new FingerprintPositions(job.StructHash()).Of(model.Chunks).Select(static position => Fingerprint.Of(position, 1, [(1, 0f)])));
        var price = model.Offer.Price.PerRequest;
        var receipt = new Receipt(
            job.RequestId, job.Attempt, signer.Address, job.Gateway, job.ModelDigest, job.InputHash, hash.Value, job.Seed, 1, (uint)model.Chunks, price,
            price.IsZero ? default : NodeChannel.Config(job.Gateway, signer.Address, token).Id(payments),
            new TokenAmount((UInt128)Interlocked.Add(ref _total, (long)model.Price)), fingerprints.Root, startedAt, startedAt);
        return new Completed
        {
            ReceiptJson = JsonSerializer.Serialize(signer.Sign(receipt, network), ProtocolJson.Options),
            FinishReason = "stop",
            Fingerprints = ByteString.CopyFrom(fingerprints.Encode()),
        };
    }
}

/// <summary>The node's gRPC service.</summary>
[BindServiceMethod(typeof(Compute), nameof(Compute.BindService))]
internal sealed class MockCompute(MockJobs jobs) : Compute.ComputeBase
{
    public override async Task Run(RunRequest request, IServerStreamWriter<RunEvent> responseStream, ServerCallContext context)
    {
        InferenceJob job = JsonSerializer.Deserialize<Signed<InferenceJob>>(request.JobJson, ProtocolJson.Options)!.Message;
        MockModel model = MockModel.Of(job.ModelDigest);
        var hash = new RollingOutputHash(job.RequestId, job.Attempt);
        ulong startedAt = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        using var pace = model.Pace == TimeSpan.Zero ? null : new PeriodicTimer(model.Pace);
        for (int index = 0; index < model.Chunks; index++)
        {
            await responseStream.WriteAsync(new RunEvent { Chunk = jobs.Chunk(job, hash, index, index == model.Chunks - 1) }, context.CancellationToken);
            await (pace?.WaitForNextTickAsync(context.CancellationToken) ?? ValueTask.FromResult(true));
        }

        await responseStream.WriteAsync(new RunEvent { Completed = jobs.Complete(job, model, hash, startedAt) }, context.CancellationToken);
    }

    public override Task<StopReply> Stop(StopRequest request, ServerCallContext context) => Task.FromResult(new StopReply { Known = false });
}
