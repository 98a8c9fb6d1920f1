namespace Ncn.Serving.Routing.Peers;

/// <summary>What calls to a peer have shown. Averages move by an eighth, so that the last few calls count.</summary>
/// <param name="Failures">Calls in a row that found nobody; 0 while it is up.</param>
/// <param name="LatencyMicroseconds">Average time of a probe.</param>
/// <param name="SuccessPerMille">Average share of calls that it took on, 1 to 1,000.</param>
public sealed record PeerHealth(int Failures, long LatencyMicroseconds, int SuccessPerMille)
{
    private const int Weight = 8;
    private const int Whole = 1_000;
    private const int MaxFailures = 1_000;

    // Below it, peers are as near as each other: what they have to do decides.
    private const long LeastLatency = 2_000;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(2);

    /// <summary>Nothing is known.</summary>
    public static PeerHealth Unknown { get; } = new(0, 0, Whole);

    /// <summary>The last call found somebody.</summary>
    public bool IsUp => Failures == 0;

    /// <summary>It was asked more than once in vain: what waits for it goes elsewhere.</summary>
    public bool IsDown => Failures > 1;

    /// <summary>Wait before the next probe of a peer that is not up.</summary>
    public TimeSpan Backoff => Failures > 3 ? LongestBackoff : FirstBackoff * (1 << Failures) / 2;

    /// <summary>Lower is better: expected time, made worse by failures and by what it does for this gateway already.</summary>
    public long Rank(int inFlight) => Math.Max(LeastLatency, LatencyMicroseconds) * (1 + inFlight) * Whole / SuccessPerMille;

    /// <summary>A probe was answered.</summary>
    public PeerHealth Answered(long microseconds) => new(
        0, LatencyMicroseconds == 0 ? microseconds : LatencyMicroseconds + ((microseconds - LatencyMicroseconds) / Weight), SuccessPerMille);

    /// <summary>It took a request on.</summary>
    public PeerHealth Took() => this with { Failures = 0, SuccessPerMille = SuccessPerMille + ((Whole - SuccessPerMille + Weight - 1) / Weight) };

    /// <summary>It answered, and did not take the request on.</summary>
    public PeerHealth Refused() => this with { Failures = 0, SuccessPerMille = Less };

    /// <summary>It could not be reached.</summary>
    public PeerHealth Missed() => this with { Failures = Math.Min(MaxFailures, Failures + 1), SuccessPerMille = Less };

    private int Less => Math.Max(1, SuccessPerMille - ((SuccessPerMille + Weight - 1) / Weight));
}
