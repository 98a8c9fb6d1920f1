using System.Buffers.Binary;
using Ncn.Protocol;

namespace Ncn.Simulation.Discovery;

/// <summary>SplitMix64 (Steele, Lea and Flood, 2014): the same seed gives the same run on every machine and runtime.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    internal ulong Next()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            var z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>0 to below <paramref name="bound"/>.</summary>
    internal int Below(int bound) => (int)(Next() % (ulong)bound);

    internal Hash32 Place()
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        for (var at = 0; at < Hash32.Size; at += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes[at..], Next());
        }

        return new Hash32(bytes);
    }

    internal Address Address()
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        Place().CopyTo(bytes);
        return new Address(bytes[..Protocol.Address.Size]);
    }
}
