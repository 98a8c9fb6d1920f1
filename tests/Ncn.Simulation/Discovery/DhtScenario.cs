namespace Ncn.Simulation.Discovery;

/// <summary>What a simulated discovery network has to stand.</summary>
/// <param name="Peers">How many are there at any time.</param>
/// <param name="ChurnPercent">Of the peers, how many crash within an hour, each replaced by one that nobody knows.</param>
/// <param name="HostilePercent">Of the peers, how many lie.</param>
/// <param name="Seed">The whole run follows from it.</param>
public sealed record DhtScenario(int Peers, int ChurnPercent, int HostilePercent, ulong Seed)
{
    /// <summary>Lookups that are measured.</summary>
    public int Lookups { get; init; } = 1_000;

    /// <summary>Adverts that are looked for, of as many honest peers.</summary>
    public int Adverts { get; init; } = 200;

    /// <summary>Virtual time under churn before the first lookup, milliseconds; the lookups are spread over as much again.</summary>
    public ulong ChurnMilliseconds { get; init; } = 30UL * 60 * 1000;
}

/// <summary>How it went.</summary>
/// <param name="Found">Lookups that gave the newest advert.</param>
/// <param name="MeanRounds">Of the lookups: the longest chain of answers that led to one of the nearest peers.</param>
/// <param name="MostRounds">The most of any lookup.</param>
/// <param name="MeanRequests">Of the lookups.</param>
/// <param name="MedianMilliseconds">Virtual time of a lookup: half took less.</param>
/// <param name="SlowMilliseconds">Virtual time of a lookup: one in a hundred took more.</param>
/// <param name="RequestsPerPeerMinute">All requests of all peers in the measured time, upkeep included.</param>
/// <param name="Holders">Live honest peers that hold an advert at the end, in the mean.</param>
public sealed record DhtReport(
    DhtScenario Scenario, int Lookups, int Found, double MeanRounds, int MostRounds, double MeanRequests, ulong MedianMilliseconds,
    ulong SlowMilliseconds, double RequestsPerPeerMinute, double Holders)
{
    /// <summary>Of all lookups.</summary>
    public double FoundShare => (double)Found / Lookups;

    /// <summary>What the mean of the rounds must not exceed: half the binary logarithm of the number of peers, and two.</summary>
    public double RoundsAllowed => (Math.Log2(Scenario.Peers) / 2) + 2;
}
