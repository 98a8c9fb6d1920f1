using Ncn.Protocol;

namespace Ncn.Coordination.Batches;

/// <summary>Where a batch is on its way.</summary>
public enum BatchPhase
{
    /// <summary>There is none, or it was forgotten.</summary>
    None,

    /// <summary>Its lines are being run.</summary>
    InProgress,

    /// <summary>Every line has its result; the files are being written.</summary>
    Finalizing,

    /// <summary>Its payer gave it up: lines that run end, the others are not begun.</summary>
    Cancelling,

    /// <summary>Its time is up: as cancelling.</summary>
    Expiring,

    /// <summary>Every line has its result, and the files are there.</summary>
    Completed,

    /// <summary>What was done until the cancellation is in the files.</summary>
    Cancelled,

    /// <summary>What was done in time is in the files.</summary>
    Expired,
}

/// <summary>A batch of requests, run one by one through the queue. Inputs, results and files themselves are the shell's.</summary>
/// <param name="Lines">How many requests it has.</param>
/// <param name="Fingerprint">Tells one batch from another under the same id.</param>
/// <param name="CreatedAt">Unix milliseconds.</param>
/// <param name="ExpiresAt">Unix milliseconds; no line is begun from then on.</param>
public sealed record BatchState(BatchPhase Phase, int Lines, Hash32 Fingerprint, ulong CreatedAt, ulong ExpiresAt)
{
    /// <summary>No batch.</summary>
    public static BatchState Empty { get; } = new(BatchPhase.None, 0, default, 0, 0);

    /// <summary>One bit a line, lowest first: whether its result is kept.</summary>
    public IReadOnlyList<byte> Settled { get; init; } = [];

    /// <summary>Lines that ended well.</summary>
    public int Succeeded { get; init; }

    /// <summary>Lines that ended with an error.</summary>
    public int Failed { get; init; }

    /// <summary>What the lines were charged, atomic units.</summary>
    public TokenAmount Charged { get; init; }

    /// <summary>Unix milliseconds; 0 before.</summary>
    public ulong FinalizingAt { get; init; }

    /// <summary>Unix milliseconds of the first wish to cancel; 0 before.</summary>
    public ulong CancellingAt { get; init; }

    /// <summary>Unix milliseconds; 0 before.</summary>
    public ulong EndedAt { get; init; }

    /// <summary>Who drives it; empty before the first claim.</summary>
    public string Runner { get; init; } = string.Empty;

    /// <summary>The last lease's fencing token; rises with every runner.</summary>
    public ulong LeaseToken { get; init; }

    /// <summary>Unix milliseconds; another runner may take over from then on.</summary>
    public ulong LeaseUntil { get; init; }

    /// <summary>Whether it has come to its end.</summary>
    public bool IsEnded => Phase is BatchPhase.Completed or BatchPhase.Cancelled or BatchPhase.Expired;

    /// <summary>Whether a line's result is kept.</summary>
    public bool IsSettled(int line) => (Settled[line / 8] >> (line % 8) & 1) != 0;
}

/// <summary>A line that has its result.</summary>
/// <param name="Line">From 0.</param>
/// <param name="Charged">What it cost, atomic units.</param>
public sealed record SettledLine(int Line, bool IsSuccess, TokenAmount Charged);

/// <summary>Bounds of batches.</summary>
/// <param name="MaxLines">Most lines of one batch.</param>
public sealed record BatchLimits(int MaxLines = 50_000)
{
    /// <summary>How long a runner has a batch until it must claim it again, milliseconds.</summary>
    public ulong LeaseMilliseconds { get; init; } = 15_000;

    /// <summary>Longest time from creation to expiry, milliseconds.</summary>
    public ulong MaxWindowMilliseconds { get; init; } = 24UL * 60 * 60 * 1000;

    /// <summary>How long a batch is known after its end, milliseconds.</summary>
    public ulong MemoryMilliseconds { get; init; } = 30UL * 24 * 60 * 60 * 1000;
}
