using Dapr.Actors;
using Ncn.Coordination.Batches;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>Holds <see cref="BatchState"/> of one batch; its id is the request id that its payment is held under.</summary>
/// <remarks>Gateways drive it: one claims it, runs its lines through the queue, settles them and finishes it. What a dead one left another claims.</remarks>
public interface IBatchActor : IActor
{
    /// <summary>Creates the batch, or says what the id stands for already.</summary>
    Task<BatchResult> CreateAsync(BatchSpec spec);

    /// <summary>A gateway wants to drive the batch for a lease's time, or to go on doing so.</summary>
    Task<BatchResult> ClaimAsync(string runner);

    /// <summary>The results of these lines are kept; fenced by the lease's token.</summary>
    Task<BatchResult> SettleAsync(SettleCall call);

    /// <summary>The files are written; fenced by the lease's token.</summary>
    Task<BatchResult> FinishAsync(FinishCall call);

    /// <summary>The payer gives the batch up.</summary>
    Task<BatchResult> CancelAsync();

    /// <summary>The batch as it stands.</summary>
    Task<BatchResult> GetAsync();
}

/// <param name="Id">As clients know it.</param>
/// <param name="Account">Whose files it reads and writes.</param>
/// <param name="Fingerprint">Tells one batch from another under the same id.</param>
/// <param name="Channel">The channel that holds the ceiling; null when free.</param>
/// <param name="Ceiling">What is held for all lines together, atomic units.</param>
/// <param name="ExpiresAt">Unix milliseconds.</param>
/// <param name="MetadataJson">The client's own members, as they came; null for none.</param>
public sealed record BatchSpec(
    string Id, string Account, string Endpoint, string InputFile, string Window, int Lines, Hash32 Fingerprint, ChannelId? Channel,
    TokenAmount Ceiling, ulong ExpiresAt, string? MetadataJson);

public sealed record SettleCall(ulong Token, IReadOnlyList<SettledLine> Lines);

/// <param name="OutputFile">Null when no line ended well.</param>
/// <param name="ErrorFile">Null when no line failed.</param>
public sealed record FinishCall(ulong Token, string? OutputFile, string? ErrorFile);

/// <param name="Spec">Null when there is no such batch.</param>
public sealed record BatchResult(BatchOutcome Outcome, BatchState State, BatchSpec? Spec, string? OutputFile, string? ErrorFile);
