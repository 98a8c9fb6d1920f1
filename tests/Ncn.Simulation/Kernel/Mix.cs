namespace Ncn.Simulation.Kernel;

/// <summary>The simulator's only source of luck: numbers mixed out of numbers (the finalizer of SplitMix64: Steele, Lea and Flood, 2014).</summary>
public static class Mix
{
    /// <summary>The same two numbers give the same result on every machine and runtime.</summary>
    public static ulong Of(ulong left, ulong right)
    {
        unchecked
        {
            var z = left + ((right + 1) * 0x9E3779B97F4A7C15);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
