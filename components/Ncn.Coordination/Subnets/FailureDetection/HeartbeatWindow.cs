using System.Collections.Immutable;

namespace Ncn.Coordination.Subnets.FailureDetection;

/// <summary>The rhythm of a member's beats: the phi-accrual failure detector (Hayashibara, Défago, Yared, Katayama: SRDS 2004, section 4).</summary>
/// <remarks>
/// 1. Remember the last intervals between arrivals; two around the expected period stand for those of a member that has not beaten yet.
/// 2. Take intervals for normally distributed, with their mean and their deviation, which is never below a minimum.
/// 3. phi of a silence is −log10 of the chance that an interval is longer.
/// </remarks>
/// <param name="LastAt">Unix milliseconds of the last arrival that counted for the rhythm.</param>
/// <param name="Intervals">Milliseconds, the oldest first.</param>
/// <param name="Sum">Of the intervals.</param>
/// <param name="SumOfSquares">Of the same.</param>
public sealed record HeartbeatWindow(ulong LastAt, ImmutableArray<uint> Intervals, ulong Sum, ulong SumOfSquares)
{
    /// <summary>A member that was seen for the first time.</summary>
    public static HeartbeatWindow Begin(ulong now, DetectionRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return new HeartbeatWindow(now, [], 0, 0)
            .With((uint)(rules.Period - (rules.Period / 4)), rules).With((uint)(rules.Period + (rules.Period / 4)), rules);
    }

    /// <summary>Mean interval, milliseconds.</summary>
    public double Mean => Intervals.IsEmpty ? 0 : (double)Sum / Intervals.Length;

    /// <summary>A beat arrived.</summary>
    public HeartbeatWindow Arrive(ulong now, DetectionRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var interval = now - Math.Min(now, LastAt);
        return interval < rules.MinimumInterval ? this
            : interval > rules.MaximumInterval ? Resume(now)
            : (this with { LastAt = now }).With((uint)interval, rules);
    }

    /// <summary>The same rhythm goes on after an interruption.</summary>
    public HeartbeatWindow Resume(ulong now) => this with { LastAt = now };

    /// <summary>Standard deviation of the intervals, milliseconds, at least the minimum.</summary>
    public double Deviation(DetectionRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var variance = Intervals.IsEmpty ? 0 : ((double)SumOfSquares / Intervals.Length) - (Mean * Mean);
        return Math.Max(rules.MinimumDeviation, Math.Sqrt(Math.Max(0, variance)));
    }

    /// <summary>How much a silence of so many milliseconds speaks against the member.</summary>
    public double Phi(ulong silence, DetectionRules rules) => NormalTail.MinusLog10((silence - Mean) / Deviation(rules));

    /// <summary>The silence, milliseconds, at which phi reaches a level.</summary>
    public ulong SilenceOf(SuspicionLevel level, DetectionRules rules)
    {
        ArgumentNullException.ThrowIfNull(level);
        return (ulong)Math.Ceiling(Mean + (level.Deviations * Deviation(rules)));
    }

    private HeartbeatWindow With(uint interval, DetectionRules rules)
    {
        var oldest = Intervals.Length >= rules.Window ? Intervals[0] : 0UL;
        var kept = Intervals.Length >= rules.Window ? Intervals.RemoveAt(0) : Intervals;
        return this with
        {
            Intervals = kept.Add(interval),
            Sum = Sum - oldest + interval,
            SumOfSquares = SumOfSquares - (oldest * oldest) + ((ulong)interval * interval),
        };
    }
}
