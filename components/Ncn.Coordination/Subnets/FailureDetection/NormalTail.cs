namespace Ncn.Coordination.Subnets.FailureDetection;

/// <summary>How unlikely a normally distributed value is to be so far above its mean.</summary>
internal static class NormalTail
{
    private const double FractionFrom = 2;
    private const int Terms = 60;

    /// <summary>−log10 of the probability of more than this many standard deviations above the mean. Never infinite.</summary>
    internal static double MinusLog10(double deviations) => deviations switch
    {
        < 0 => -Math.Log10(1 - Tail(-deviations)),
        < FractionFrom => -Math.Log10(Tail(deviations)),
        // By its logarithm, since the density itself is 0 beyond 38 deviations.
        _ => (deviations * deviations / 2 / Math.Log(10)) + Math.Log10(Math.Sqrt(2 * Math.PI)) + Math.Log10(Fraction(deviations)),
    };

    // Below 2 by the power series of the distribution (Abramowitz and Stegun 26.2.11), above by the fraction.
    private static double Tail(double deviations)
    {
        if (deviations >= FractionFrom)
        {
            return Density(deviations) / Fraction(deviations);
        }

        var (sum, term) = (0.0, deviations);
        for (var i = 1; i < Terms; i++)
        {
            sum += term;
            term *= deviations * deviations / ((2 * i) + 1);
        }

        return 0.5 - (Density(deviations) * sum);
    }

    private static double Density(double deviations) => Math.Exp(-deviations * deviations / 2) / Math.Sqrt(2 * Math.PI);

    // The density divided by the tail: z + 1/(z + 2/(z + 3/(z + …))) (Abramowitz and Stegun 26.2.14).
    private static double Fraction(double deviations)
    {
        var fraction = deviations;
        for (var i = Terms; i >= 1; i--)
        {
            fraction = deviations + (i / fraction);
        }

        return fraction;
    }
}
