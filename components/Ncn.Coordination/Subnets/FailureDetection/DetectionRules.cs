namespace Ncn.Coordination.Subnets.FailureDetection;

/// <summary>When a silent member is suspected, put out and taken back; times are milliseconds.</summary>
/// <remarks>With beats on the second a dead member is suspected 2.07 s and put out 2.76 s after its last beat; with beats each half second after 1.57 s and 2.26 s.</remarks>
public sealed record DetectionRules
{
    /// <summary>The interval that is expected of a member that has not beaten yet.</summary>
    public ulong Period { get; init; } = 1_000;

    /// <summary>The least standard deviation: what a busy machine or network may add to a beat that was regular so far.</summary>
    public ulong MinimumDeviation { get; init; } = 250;

    /// <summary>Intervals that are remembered.</summary>
    public int Window { get; init; } = 32;

    /// <summary>Arrivals that are closer count as one: the same beat by several gateways.</summary>
    public ulong MinimumInterval { get; init; } = 200;

    /// <summary>Longer intervals are an outage, not a rhythm, and are not remembered.</summary>
    public ulong MaximumInterval { get; init; } = 3_000;

    /// <summary>From here on a member is used only where no other can be: one live member in a hundred thousand intervals.</summary>
    public SuspicionLevel Suspect { get; init; } = new(5);

    /// <summary>From here on a member is out, unless half of all are out already.</summary>
    public SuspicionLevel Eject { get; init; } = new(12);

    /// <summary>Beats after a return until a member counts in full again.</summary>
    public uint ProbationBeats { get; init; } = 3;

    /// <summary>When the registry itself has not made a step for longer, it may be the one that was away: nobody is put out at once.</summary>
    public ulong OwnPause { get; init; } = 1_500;

    /// <summary>How long it listens then, once for each silence, before it puts anybody out.</summary>
    public ulong Grace { get; init; } = 1_500;
}
