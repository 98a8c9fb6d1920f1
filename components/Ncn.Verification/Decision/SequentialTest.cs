namespace Ncn.Verification;

/// <summary>
/// Wald's sequential probability ratio test in Page's form (Page, 1954): "at most p0 of the checks fail" against "at least p1 fail". Numbers are
/// millionths of a nat, so that all validators count alike.
/// </summary>
/// <param name="Fail">What a failed check adds: ln(p1 / p0).</param>
/// <param name="Pass">What a passed check takes away: ln((1 - p0) / (1 - p1)).</param>
/// <param name="Accuse">From where the record accuses: ln((1 - beta) / alpha).</param>
public sealed record SequentialRules(long Fail, long Pass, long Accuse)
{
    private const long Most = 1_000_000_000;

    /// <summary>
    /// p0 = 10 ppm, p1 = 20,000 ppm, alpha = 100 ppm, beta = 1,000 ppm: one failed check accuses nobody, and any two within 296 checks accuse.
    /// </summary>
    public static SequentialRules Standard { get; } = new(7_600_902, 20_193, 9_209_340);

    /// <summary>All are above zero and no greater than a thousand nats.</summary>
    public bool IsSound => Fail is > 0 and <= Most && Pass is > 0 and <= Most && Accuse is > 0 and <= Most;
}

/// <summary>A record under the test. Below zero there is nothing to gain: who has a long good record gets no credit to cheat with.</summary>
/// <param name="Evidence">The log-likelihood ratio since it was last zero, millionths of a nat; 0 or more.</param>
public readonly record struct SequentialTest(long Evidence)
{
    /// <summary>After one more check.</summary>
    public SequentialTest After(bool hasPassed, SequentialRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return new SequentialTest(hasPassed ? Math.Max(0, Evidence - rules.Pass) : Math.Min(Evidence + rules.Fail, 2 * rules.Accuse + rules.Fail));
    }

    /// <summary>Without one failed check that was none.</summary>
    public SequentialTest Without(SequentialRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return new SequentialTest(Math.Max(0, Evidence - rules.Fail));
    }

    /// <summary>True from where the record accuses.</summary>
    public bool Accuses(SequentialRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return Evidence >= rules.Accuse;
    }
}
