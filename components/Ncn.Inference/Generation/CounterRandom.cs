namespace Ncn.Inference.Generation;

/// <summary>
/// Random numbers without a state: the n-th number is a function of the seed and n. So a generation can go on at any
/// position, on any node, and draw what the first node would have drawn.
/// </summary>
/// <remarks>The mixing function is the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), applied twice.</remarks>
public static class CounterRandom
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    /// <summary>A number at or above 0 and below 1, with 53 random bits.</summary>
    /// <param name="seed">The generation's seed.</param>
    /// <param name="position">Index of the token in the completion, from 0.</param>
    public static double Unit(ulong seed, uint position)
    {
        ulong mixed = Mix(unchecked(Mix(seed + GoldenGamma) + ((ulong)position + 1) * GoldenGamma));
        return (mixed >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}
