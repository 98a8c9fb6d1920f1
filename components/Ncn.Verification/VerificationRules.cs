using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>The parameters of verification. Ratios are in parts per million (ppm), amounts in atomic units, times in milliseconds or periods.</summary>
public sealed record VerificationRules
{
    /// <summary>Ratio 1.</summary>
    public const uint One = 1_000_000;

    /// <summary>Length of a period, milliseconds; 100 to 3,600,000.</summary>
    public ulong PeriodMs { get; init; } = 60_000;

    /// <summary>Lowest share of a node's receipts that is checked; 1 to 1,000,000. Never zero. The subnet's verification floor on the chain takes its place, once it was observed, from the next epoch on.</summary>
    public uint FloorPpm { get; init; } = 10_000;

    /// <summary>Passed checks in a row that halve the rate; 1 to 10,000.</summary>
    public uint PassesPerHalving { get; init; } = 32;

    /// <summary>Validators that check a receipt first; 1 to 16.</summary>
    public int Checkers { get; init; } = 2;

    /// <summary>When a node's record accuses it.</summary>
    public SequentialRules Test { get; init; } = SequentialRules.Standard;

    /// <summary>Most receipts of one commitment that are checked; 1 to 4,096.</summary>
    public uint MostChecksPerCommitment { get; init; } = 256;

    /// <summary>A commitment counts for periods that ended at most so many periods ago; 1 to 10,000.</summary>
    public uint MostAge { get; init; } = 64;

    /// <summary>Periods in which an audit of a commitment's receipts can be opened; 1 to 100,000.</summary>
    public uint AuditWindow { get; init; } = 1_440;

    /// <summary>Periods after which a beacon is drawn from too few reveals; 1 to 100.</summary>
    public uint BeaconPatience { get; init; } = 4;

    /// <summary>Periods in which all judge an audit; 1 to 100.</summary>
    public uint AuditPeriods { get; init; } = 2;

    /// <summary>Checks that a model must have passed in a row to be verified; 1 to 10,000.</summary>
    public uint VerifiedFrom { get; init; } = 8;

    /// <summary>Share of fees for nodes, by verified work. The three shares are 1,000,000 together, or less.</summary>
    public uint NodeSharePpm { get; init; } = 700_000;

    /// <summary>Share of fees for validators, by duty.</summary>
    public uint ValidatorSharePpm { get; init; } = 200_000;

    /// <summary>Share of fees for gateways, by work whose evidence they showed.</summary>
    public uint GatewaySharePpm { get; init; } = 100_000;

    /// <summary>Duty points that a missed duty, or a word against more than two thirds of the stake, costs.</summary>
    public uint MissCost { get; init; } = 1;

    /// <summary>Duty points that a passed plant costs.</summary>
    public uint PlantCost { get; init; } = 50;

    /// <summary>Probes that a validator may have open at a time; 0 to 64.</summary>
    public uint MostProbes { get; init; } = 16;

    /// <summary>Periods after which a probe that was not opened is forgotten; 1 to 10,000.</summary>
    public uint ProbePeriods { get; init; } = 64;

    /// <summary>The slash as a share of what was taken by cheating, in percent; 100 to 10,000. Above 100, cheating loses money on average.</summary>
    public uint SlashPercent { get; init; } = 300;

    /// <summary>The least slash.</summary>
    public TokenAmount LeastSlash { get; init; } = new(1_000_000);

    /// <summary>The least bond of an audit.</summary>
    public TokenAmount LeastBond { get; init; } = new(10_000);

    /// <summary>Epochs after which a slashed node may start again as a new one; 0 for never.</summary>
    public uint ReturnEpochs { get; init; } = 30;

    /// <summary>What is out of its range; null when nothing is.</summary>
    public string? Problem() =>
        PeriodMs is < 100 or > 3_600_000 ? $"a period of {PeriodMs} ms is not within 100 and 3,600,000"
        : FloorPpm is 0 or > One ? $"a floor of {FloorPpm} ppm is not within 1 and {One}"
        : PassesPerHalving is 0 or > 10_000 ? $"{PassesPerHalving} passes per halving are not within 1 and 10,000"
        : Checkers is < 1 or > 16 ? $"{Checkers} checkers are not within 1 and 16"
        : Test is null || !Test.IsSound ? "the sequential test's steps are not those of a test"
        : MostChecksPerCommitment is 0 or > 4_096 ? $"{MostChecksPerCommitment} checks of a commitment are not within 1 and 4,096"
        : MostAge is 0 or > 10_000 || BeaconPatience is 0 or > 100 || AuditPeriods is 0 or > 100 || ProbePeriods is 0 or > 10_000 || AuditWindow is 0 or > 100_000 ? "a number of periods is out of its range"
        : VerifiedFrom is 0 or > 10_000 ? $"{VerifiedFrom} checks are not within 1 and 10,000"
        : (ulong)NodeSharePpm + ValidatorSharePpm + GatewaySharePpm > One ? "the shares are more than all"
        : MissCost > 10_000 || PlantCost > 1_000_000 || MostProbes > 64 || ReturnEpochs > 100_000 ? "a cost or bound is out of its range"
        : SlashPercent is < 100 or > 10_000 ? $"a slash of {SlashPercent} percent is not within 100 and 10,000"
        : LeastSlash.Units >> 96 != 0 || LeastBond.Units >> 96 != 0 ? "an amount is 2^96 or more"
        : null;
}
