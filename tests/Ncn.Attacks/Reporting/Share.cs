using System.Globalization;

namespace Ncn.Attacks.Reporting;

/// <summary>A share of trials, with the interval of Clopper and Pearson: at 95 %, wherever the truth lies.</summary>
internal sealed record Share(int Hits, int Trials)
{
    private const double Tail = 0.025;
    private const int Halvings = 60;

    /// <summary>The share itself; 0 without trials.</summary>
    public double Rate => Trials == 0 ? 0 : (double)Hits / Trials;

    /// <summary>Lower end of the interval.</summary>
    public double Least => Hits == 0 ? 0 : Solve(share => 1 - AtMost(Hits - 1, share) < Tail);

    /// <summary>Upper end of the interval.</summary>
    public double Most => Hits == Trials ? 1 : Solve(share => AtMost(Hits, share) > Tail);

    /// <summary>The one-sided upper end at 95 %: with no hit in n trials, 3 / n.</summary>
    public double UpperBound => Hits == Trials ? 1 : Solve(share => AtMost(Hits, share) > 2 * Tail);

    public override string ToString() => Trials == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{Rate:P1} ({Least:P1} to {Most:P1})");

    /// <summary>The border below which a condition holds.</summary>
    private static double Solve(Predicate<double> isBelow)
    {
        (double low, double high) = (0, 1);
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = isBelow(middle) ? (middle, high) : (low, middle);
        }

        return high;
    }

    /// <summary>The chance of at most so many hits.</summary>
    private double AtMost(int hits, double share)
    {
        double sum = 0;
        double logOfChoices = 0;
        for (int k = 0; k <= hits; k++)
        {
            sum += Math.Exp(logOfChoices + (k * Math.Log(share)) + ((Trials - k) * Math.Log(1 - share)));
            logOfChoices += Math.Log(Trials - k) - Math.Log(k + 1);
        }

        return sum;
    }
}
