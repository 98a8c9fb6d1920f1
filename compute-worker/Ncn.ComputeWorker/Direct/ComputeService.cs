using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.ComputeWorker.Jobs;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Direct;

/// <summary>The direct path: a gateway sends one job and gets its output as a stream.</summary>
internal sealed class ComputeService(JobDesk desk, NodeCounters counters) : Compute.ComputeBase
{
    public override async Task Run(RunRequest request, IServerStreamWriter<RunEvent> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            await RunAsync(request, responseStream, context.CancellationToken);
        }
        catch (JobRefusedException refusal)
        {
            throw new RpcException(new Status(CodeOf(refusal.Reason), refusal.Message));
        }
    }

    private async Task RunAsync(RunRequest request, IServerStreamWriter<RunEvent> events, CancellationToken cancellationToken)
    {
        Signed<InferenceJob> job = Read<Signed<InferenceJob>>(request.JobJson, "job_json");
        NodePayment? payment = request.PaymentJson.Length == 0 ? null : Read<NodePayment>(request.PaymentJson, "payment_json");
        await using RunningJob running = await desk.AdmitAsync(job, payment, request.Input.Memory, cancellationToken);
        if (!await StreamAsync(running, events, cancellationToken))
        {
            // The gateway hung up, as it does when its client did. What it was sent is paid for.
            await running.ChargeAsync();
            return;
        }

        Signed<Receipt> receipt = await running.ChargeAsync();
        counters.Complete();
        var completed = new Completed { ReceiptJson = JsonSerializer.Serialize(receipt, ProtocolJson.Options), FinishReason = running.FinishReason };
        await events.WriteAsync(new RunEvent { Completed = completed }, cancellationToken);
    }

    /// <summary>True when all was sent, false when the caller gave up.</summary>
    private static async Task<bool> StreamAsync(RunningJob running, IServerStreamWriter<RunEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (JobChunk chunk in running.RunAsync(cancellationToken))
            {
                await events.WriteAsync(new RunEvent { Chunk = ToWire(chunk) }, cancellationToken);
            }

            return true;
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is OperationCanceledException or InvalidOperationException or IOException)
        {
            return false;
        }
    }

    private static Chunk ToWire(JobChunk chunk)
    {
        var wire = new Chunk
        {
            Index = chunk.Index,
            Text = chunk.Text,
            Tensors = UnsafeByteOperations.UnsafeWrap(chunk.Tensors),
            RollingHash = ByteString.CopyFrom(chunk.RollingHash.ToArray()),
            Commitment = chunk.Commitment is { } commitment ? ByteString.CopyFrom(commitment.ToArray()) : ByteString.Empty,
        };
        wire.TokenIds.AddRange(chunk.TokenIds);
        return wire;
    }

    private static T Read<T>(string json, string member)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, ProtocolJson.Options) ?? throw new JsonException("null");
        }
        catch (JsonException exception)
        {
            throw new JobRefusedException(JobRefusalReason.Invalid, $"{member} cannot be read: {exception.Message}", exception);
        }
    }

    private static StatusCode CodeOf(JobRefusalReason reason) => reason switch
    {
        JobRefusalReason.NotAuthentic => StatusCode.Unauthenticated,
        JobRefusalReason.NotCovered => StatusCode.FailedPrecondition,
        JobRefusalReason.Invalid => StatusCode.InvalidArgument,
        JobRefusalReason.UnknownModel => StatusCode.NotFound,
        JobRefusalReason.Busy => StatusCode.ResourceExhausted,
        JobRefusalReason.TooLate => StatusCode.DeadlineExceeded,
        JobRefusalReason.Repeated => StatusCode.AlreadyExists,
        JobRefusalReason.ChainUnavailable => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };
}
