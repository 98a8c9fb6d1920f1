namespace Ncn.Coordination.Subnets.FailureDetection;

/// <summary>A value of phi, with the number of standard deviations above the mean at which it is reached.</summary>
/// <remarks>To compare phi with a level is to compare the silence with mean + z·σ: the logarithm is taken once for a level, not at every step.</remarks>
public sealed record SuspicionLevel
{
    private const double MaxDeviations = 100;
    private const int Halvings = 60;

    /// <summary>The level at which phi is this: from 0.5 to 1,000; the chance of being wrong about a live member is 10^−phi.</summary>
    public SuspicionLevel(double phi)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(phi, 0.5);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(phi, 1_000);
        Phi = phi;
        Deviations = Solve(phi);
    }

    /// <summary>−log10 of the chance that a live member is silent for so long.</summary>
    public double Phi { get; }

    /// <summary>Standard deviations above the mean interval at which it is reached.</summary>
    public double Deviations { get; }

    private static double Solve(double phi)
    {
        var (low, high) = (0.0, MaxDeviations);
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = NormalTail.MinusLog10(middle) < phi ? (middle, high) : (low, middle);
        }

        return high;
    }
}
