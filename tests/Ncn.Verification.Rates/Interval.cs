using System.Globalization;

namespace Ncn.Verification.Rates;

/// <summary>A share of trials with the two-sided 95 % interval of Clopper and Pearson (1934), which holds wherever the truth lies.</summary>
internal sealed record Interval(long Hits, long Trials)
{
    private const double Tail = 0.025;
    private const int Halvings = 80;

    /// <summary>The share itself.</summary>
    internal double Share => Trials == 0 ? 0 : (double)Hits / Trials;

    /// <summary>Lower end.</summary>
    internal double Least => Hits == 0 ? 0 : Solve(share => 1 - AtMost(Hits - 1, share) < Tail);

    /// <summary>Upper end.</summary>
    internal double Most => Hits >= Trials ? 1 : Solve(share => AtMost(Hits, share) > Tail);

    /// <summary>In so many of this many.</summary>
    internal string Per(long many) => string.Create(CultureInfo.InvariantCulture, $"{Share * many:G4} ({Least * many:G3} to {Most * many:G3}) in {many:N0}");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Share:P3} ({Least:P3} to {Most:P3})");

    // The border below which the condition holds, found between logarithms: shares may be tiny.
    private static double Solve(Predicate<double> isBelow)
    {
        var (low, high) = (Math.Log(1e-15), 0.0);
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = isBelow(Math.Exp(middle)) ? (middle, high) : (low, middle);
        }

        return Math.Exp(high);
    }

    // Sums the lesser side of the distribution.
    private double AtMost(long hits, double share) => hits <= Trials / 2 ? Sum(0, hits, share) : 1 - Sum(hits + 1, Trials, share);

    private double Sum(long first, long last, double share)
    {
        var (log, sum) = (LogChoose(first) + (first * Math.Log(share)) + ((Trials - first) * Math.Log(1 - share)), 0.0);
        for (var k = first; k <= last; k++)
        {
            sum += Math.Exp(log);
            log += Math.Log(Trials - k) - Math.Log(k + 1) + Math.Log(share) - Math.Log(1 - share);
        }

        return sum;
    }

    private double LogChoose(long k)
    {
        var sum = 0.0;
        for (long i = 1; i <= Math.Min(k, Trials - k); i++)
        {
            sum += Math.Log(Trials - Math.Min(k, Trials - k) + i) - Math.Log(i);
        }

        return sum;
    }
}
