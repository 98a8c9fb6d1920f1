using System.Diagnostics;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.ComputeWorker.Evidence;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Observability;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Direct;

/// <summary>The direct path: a gateway sends one job and gets its output as a stream.</summary>
[BindServiceMethod(typeof(ComputeService), nameof(Bind))]
internal sealed class ComputeService(
    JobDesk desk, RunningJobs running, FingerprintDesk fingerprints, EvidenceDesk evidence, NodeCounters counters, NodeMetrics metrics) : Compute.ComputeBase
{
    private const string Path = "direct";

    /// <summary>Trailer with the receipt that proves a running total which the gateway missed.</summary>
    private const string LastReceiptKey = "ncn-last-receipt";

    /// <summary>Metadata key of what is wrong with an invalid input, for a program.</summary>
    private const string CodeKey = "ncn-code";

    /// <summary>Found by its name; the service is null, since the server makes one for each call.</summary>
    public static void Bind(ServiceBinderBase binder, ComputeService? service) => Compute.BindService(new StrictBinding(binder), service);

    public override async Task Run(RunRequest request, IServerStreamWriter<RunEvent> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        Signed<InferenceJob>? job = null;
        try
        {
            job = Read(() => WireJson.ReadJob(request.JobJson));
            NodePayment? payment = Read(() => WireJson.ReadPayment(request.PaymentJson));
            await RunAsync(job, payment, request.Input.Memory, responseStream, context.CancellationToken);
        }
        catch (JobRefusedException refusal)
        {
            Metadata trailers = refusal.Reason == JobRefusalReason.Invalid ? [new Metadata.Entry(CodeKey, refusal.Code)] : [];
            if (refusal.Reason == JobRefusalReason.TotalTooLow && desk.LastReceipt(job!.Message.Gateway) is { } proof)
            {
                trailers.Add(LastReceiptKey, JsonSerializer.Serialize(proof, ProtocolJson.Options));
            }

            throw ToStatus(refusal, trailers);
        }
    }

    public override Task<StopReply> Stop(StopRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        bool known = request.RequestId.Length == Hash32.Size
            && running.Stop(new RequestId(new Hash32(request.RequestId.Span)), request.Attempt);
        return Task.FromResult(new StopReply { Known = known });
    }

    public override async Task<FingerprintReply> Fingerprint(FingerprintRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            FingerprintReply reply = await fingerprints.AnswerAsync(request, context.CancellationToken);
            metrics.Rerun(refused: null);
            return reply;
        }
        catch (JobRefusedException refusal)
        {
            metrics.Rerun(refusal.Reason);
            throw ToStatus(refusal, []);
        }
    }

    public override async Task<EvidenceReply> Evidence(EvidenceRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return await evidence.AnswerAsync(request, context.CancellationToken);
        }
        catch (JobRefusedException refusal)
        {
            throw ToStatus(refusal, []);
        }
    }

    /// <summary>What cannot be read is refused before it reaches the desk, and counted here.</summary>
    private T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (JobRefusedException refusal)
        {
            metrics.Refuse(Path, refusal.Reason);
            throw;
        }
    }

    private async Task RunAsync(
        Signed<InferenceJob> job, NodePayment? payment, ReadOnlyMemory<byte> input, IServerStreamWriter<RunEvent> events, CancellationToken cancellationToken)
    {
        using Activity? span = NodeTraces.Job(job.Message, Path);
        await using RunningJob admitted = await desk.AdmitAsync(Path, job, payment, input, cancellationToken);
        if (!await StreamAsync(admitted, events, cancellationToken))
        {
            await ChargeHungUpAsync(admitted);
            return;
        }

        Signed<Receipt> receipt = await admitted.ChargeAsync();
        counters.Complete();
        var completed = new Completed
        {
            ReceiptJson = JsonSerializer.Serialize(receipt, ProtocolJson.Options),
            FinishReason = admitted.FinishReason,
            // Those of a sealed answer are in its sealed end: they tell tokens.
            Fingerprints = admitted.IsSealed ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(admitted.Fingerprints.Encode()),
        };
        await events.WriteAsync(new RunEvent { Completed = completed }, cancellationToken);
    }

    /// <summary>
    /// The gateway hung up without asking to stop. What it was sent in time is owed, and the receipt is kept as proof; a job that ran
    /// into its deadline is not.
    /// </summary>
    private static Task ChargeHungUpAsync(RunningJob job) => job.IsLate ? Task.CompletedTask : job.ChargeAsync();

    /// <summary>True when all was sent, false when the caller gave up.</summary>
    private static async Task<bool> StreamAsync(RunningJob running, IServerStreamWriter<RunEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (JobChunk chunk in running.RunAsync(cancellationToken))
            {
                await events.WriteAsync(new RunEvent { Chunk = WireChunk.Of(chunk) }, cancellationToken);
            }

            return true;
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is OperationCanceledException or InvalidOperationException or IOException)
        {
            return false;
        }
    }

    private static RpcException ToStatus(JobRefusedException refusal, Metadata trailers) =>
        new(new Status(CodeOf(refusal.Reason), refusal.Message), trailers);

    private static StatusCode CodeOf(JobRefusalReason reason) => reason switch
    {
        JobRefusalReason.NotAuthentic => StatusCode.Unauthenticated,
        JobRefusalReason.NotCovered or JobRefusalReason.TotalTooLow => StatusCode.FailedPrecondition,
        JobRefusalReason.Invalid => StatusCode.InvalidArgument,
        JobRefusalReason.UnknownModel or JobRefusalReason.NotKept => StatusCode.NotFound,
        JobRefusalReason.NotAllowed => StatusCode.PermissionDenied,
        JobRefusalReason.Busy => StatusCode.ResourceExhausted,
        JobRefusalReason.TooLate => StatusCode.DeadlineExceeded,
        JobRefusalReason.Repeated => StatusCode.AlreadyExists,
        JobRefusalReason.ChainUnavailable => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };
}
