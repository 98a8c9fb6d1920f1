namespace Ncn.Serving.Webhooks;

/// <summary>What a webhook tells of.</summary>
public enum WebhookSubject
{
    /// <summary>A request for later: <c>request.completed</c> or <c>request.failed</c>.</summary>
    Request,

    /// <summary>A response in the background: <c>response.completed</c>, <c>response.failed</c> or <c>response.cancelled</c>.</summary>
    Response,

    /// <summary>A batch: <c>batch.completed</c>, <c>batch.expired</c> or <c>batch.cancelled</c>.</summary>
    Batch,
}

/// <summary>A client that wants to be told. First it waits for its subject, then its event is sent until somebody takes it.</summary>
/// <param name="Id">The message's id, the same at every attempt: who gets it twice can tell.</param>
/// <param name="SubjectId">The subject's id as clients know it.</param>
/// <param name="CreatedAt">Unix milliseconds.</param>
/// <param name="DueAt">Unix milliseconds; not before.</param>
/// <param name="Attempts">How often its event was sent.</param>
/// <param name="Body">The event; null while it waits for its subject.</param>
public sealed record Webhook(
    string Id, Uri Url, string Secret, WebhookSubject Subject, string SubjectId, ulong CreatedAt, ulong DueAt, int Attempts, string? Body)
{
    // A subject takes a day at most; one that nobody knows after two will not come.
    private const ulong MaxWaitMilliseconds = 48UL * 60 * 60 * 1000;
    private const ulong ClaimMilliseconds = 60_000;
    private const ulong LookMilliseconds = 1_000;
    private static readonly ulong[] Waits = [2_000, 10_000, 60_000, 600_000, 3_600_000, 18_000_000, 36_000_000, 36_000_000];

    /// <summary>Whether there is something to do.</summary>
    public bool IsDue(ulong now) => DueAt <= now;

    /// <summary>Whether its subject will not come any more.</summary>
    public bool IsForgotten(ulong now) => Body is null && now > CreatedAt + MaxWaitMilliseconds;

    /// <summary>One process takes it on; if it dies, another does after a minute.</summary>
    public Webhook Claim(ulong now) => this with { DueAt = now + ClaimMilliseconds };

    /// <summary>Its subject is not done.</summary>
    public Webhook LookAgain(ulong now) => this with { DueAt = now + LookMilliseconds };

    /// <summary>Its event was sent and not taken; null when it was sent often enough.</summary>
    public Webhook? Failed(ulong now, int most) =>
        Attempts + 1 >= most ? null : this with { Attempts = Attempts + 1, DueAt = now + Waits[Math.Min(Attempts, Waits.Length - 1)] };
}
