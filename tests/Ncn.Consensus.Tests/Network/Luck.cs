namespace Ncn.Consensus.Tests.Network;

/// <summary>The schedule's luck: SplitMix64 (Steele, Lea and Flood, 2014) from a seed.</summary>
internal sealed class Luck(ulong seed)
{
    private ulong _state = seed;

    internal ulong Next()
    {
        unchecked
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    internal int Below(int bound) => (int)(Next() % (ulong)bound);

    internal bool OneIn(int chances) => Below(chances) == 0;
}
