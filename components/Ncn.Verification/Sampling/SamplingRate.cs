namespace Ncn.Verification;

/// <summary>Which share of a node's receipts is checked.</summary>
public static class SamplingRate
{
    /// <summary>
    /// All of a new node's, and half as many after each so many passed checks in a row, in between on straight lines; never below the floor. A failed
    /// check starts the row anew.
    /// </summary>
    /// <param name="passes">Passed checks since the last failed one.</param>
    /// <returns>Parts per million, from the floor to 1,000,000.</returns>
    public static uint Of(ulong passes, VerificationRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var (halvings, rest) = Math.DivRem(passes, rules.PassesPerHalving);
        if (halvings >= 20)
        {
            return rules.FloorPpm;
        }

        var before = VerificationRules.One >> (int)halvings;
        var rate = before - (uint)((ulong)(before - (before / 2)) * rest / rules.PassesPerHalving);
        return Math.Max(rate, rules.FloorPpm);
    }
}
