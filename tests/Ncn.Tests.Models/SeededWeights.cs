using System.Runtime.InteropServices;

namespace Ncn.Tests.Models;

/// <summary>Random weights that are the same on every machine: xorshift64* (Marsaglia 2003, Vigna 2014) from a seed.</summary>
public sealed class SeededWeights(ulong seed)
{
    private ulong _state = unchecked(seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) | 1;

    /// <summary>Uniform values of mean 0 and the given standard deviation.</summary>
    public float[] Uniform(int count, double deviation)
    {
        var values = new float[count];
        double scale = deviation * 2 * Math.Sqrt(3) / (1UL << 32);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((Next() - (double)(1UL << 31)) * scale);
        }

        return values;
    }

    /// <summary>The weights of a linear layer, [inputs, outputs]: a unit input gives an output of about <paramref name="gain"/>.</summary>
    public float[] Matrix(int inputs, int outputs, double gain = 1) => Uniform(checked(inputs * outputs), gain / Math.Sqrt(inputs));

    /// <summary>The same as bytes, for a weight without a copy.</summary>
    internal static byte[] Raw(float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    private uint Next()
    {
        unchecked
        {
            _state ^= _state >> 12;
            _state ^= _state << 25;
            _state ^= _state >> 27;
            return (uint)((_state * 0x2545F4914F6CDD1D) >> 32);
        }
    }
}
