using Dapr.Actors;
using Ncn.Payments.Pricing;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>One request that must be answered exactly once: made repeatable by an idempotency key, or queued.</summary>
public interface IRequestActor : IActor
{
    /// <summary>How long an answer is kept, milliseconds.</summary>
    public const ulong RetentionMilliseconds = 24UL * 60 * 60 * 1000;

    /// <summary>Begins the request, or says what became of it. A run whose lease has passed may be begun again.</summary>
    Task<BeginResult> BeginAsync(BeginCall call);

    /// <summary>Stores the final answer. The first one counts; a second is ignored and answered with false.</summary>
    Task<bool> CompleteAsync(StoredAnswer answer);

    /// <summary>
    /// Stores the final answer of a request that was never begun here, because its reservation was its beginning. The first one counts.
    /// </summary>
    Task<bool> KeepAsync(KeepCall call);

    /// <summary>Forgets a run that delivered nothing, so that a repeat begins anew. False when it had completed, or is another run by now.</summary>
    /// <param name="begunAt">When the run began, unix milliseconds, as its begin was told: what comes late does not end a later one.</param>
    Task<bool> AbandonAsync(ulong begunAt);

    /// <summary>The request as it stands; null when there is none or it was forgotten.</summary>
    Task<RequestView?> GetAsync();
}

/// <param name="Fingerprint">keccak-256 over caller, path and body: the same key with another request is a conflict.</param>
/// <param name="LeaseMilliseconds">How long this run may take before a repeat may take over.</param>
/// <param name="Queued">What the worker will need, when the request is queued; null for the direct path.</param>
public sealed record BeginCall(Hash32 Fingerprint, ulong LeaseMilliseconds, QueuedRequest? Queued);

/// <param name="Fingerprint">As in <see cref="BeginCall"/>.</param>
public sealed record KeepCall(Hash32 Fingerprint, StoredAnswer Answer);

/// <summary>A queued request's input and how it is paid.</summary>
/// <param name="Input">The serialised compute Input.</param>
/// <param name="Channel">The client's channel with the reservation; null when free.</param>
/// <param name="Ceiling">The reservation.</param>
/// <param name="Limit">The most that it can use.</param>
/// <param name="Dialect">Which form the answer takes, such as chat or infer.</param>
public sealed record QueuedRequest(
    byte[] Input, ChannelId? Channel, TokenAmount Ceiling, Usage Limit, string Model, ulong Seed, string Dialect, ulong CreatedAt, ulong Deadline)
{
    /// <summary>The request's body as it came: the answer's form reads from it what was asked for. Empty where the input says it all.</summary>
    public byte[] Body { get; init; } = [];

    /// <summary>Which of the model's pools it waits in.</summary>
    public uint Shard { get; init; }
}

/// <summary>How a begin ended.</summary>
public enum BeginOutcome
{
    /// <summary>Run it.</summary>
    Started,

    /// <summary>Another run holds the lease.</summary>
    InProgress,

    /// <summary>The answer is there.</summary>
    Completed,

    /// <summary>The key was used for another request.</summary>
    Conflict,
}

public sealed record BeginResult(BeginOutcome Outcome, StoredAnswer? Answer)
{
    /// <summary>Of a run that was started: when, unix milliseconds; it tells it from other runs of the request.</summary>
    public ulong BegunAt { get; init; }
}

/// <param name="Body">The body as first sent: JSON, or base64 of bytes.</param>
/// <param name="Headers">NCN and payment headers of the first answer.</param>
/// <param name="Charged">What it cost.</param>
/// <param name="Evidence">What an audit of the answer needs; null for an error, and for a model that gives no tokens.</param>
public sealed record StoredAnswer(
    int StatusCode, string Body, Dictionary<string, string> Headers, TokenAmount Charged, AttemptEvidence? Evidence = null)
{
    /// <summary>True when the body was not text: tensors in binary form.</summary>
    public bool IsBase64 { get; init; }

    /// <summary>Tells the run that made it from any other of its request, so that whoever keeps it knows whose was kept. Null where nobody asks.</summary>
    public string? Run { get; init; }
}

/// <summary>All that a validator needs to have the attempt that ended a request re-run, and to judge what it finds.</summary>
/// <param name="Job">What the gateway asked for.</param>
/// <param name="Input">The serialised compute Input, as the job's input hash covers it; committed tokens are in it.</param>
/// <param name="TokenIds">What the node delivered.</param>
/// <param name="Receipt">What the node stated.</param>
/// <param name="Fingerprints">The encoded <see cref="FingerprintSet"/> under the receipt's root.</param>
public sealed record AttemptEvidence(
    Signed<InferenceJob> Job, byte[] Input, IReadOnlyList<int> TokenIds, Signed<Receipt> Receipt, byte[] Fingerprints);

/// <param name="Answer">Null while it runs.</param>
/// <param name="Queued">Null on the direct path.</param>
public sealed record RequestView(Hash32 Fingerprint, ulong BegunAt, QueuedRequest? Queued, StoredAnswer? Answer);
