using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>What a node gets for a job that it accepted.</summary>
public sealed record AcceptedJob(Signed<InferenceJob> Job, NodePayment? Payment, byte[] Input)
{
    /// <summary>How long the lease lasts unless it is renewed, milliseconds; 0 where the gateway does not say.</summary>
    public ulong LeaseMilliseconds { get; init; }
}

/// <summary>A lease was renewed.</summary>
/// <param name="LeaseMilliseconds">How long it lasts from now unless it is renewed again.</param>
public sealed record RenewedLease(ulong LeaseMilliseconds);

/// <summary>A node's delivery of a queued job.</summary>
public sealed record JobResult(Signed<JobAccept> Accept, Signed<Receipt> Receipt, string FinishReason, IReadOnlyList<ResultChunk> Chunks, byte[]? Fingerprints = null);

public sealed record ResultChunk(
    uint Index, IReadOnlyList<int>? TokenIds, string? Text, byte[]? Tensors, Hash32 RollingHash, Signature? Commitment)
{
    /// <summary>A serialised <c>ncn.compute.v1.TokenLogprobs</c> for each token, when they were asked for.</summary>
    public IReadOnlyList<byte[]>? Logprobs { get; init; }
}

/// <summary>A node says that the input can never run on this model.</summary>
public sealed record JobRejection(Signed<JobAccept> Accept, string Code, string Message);
