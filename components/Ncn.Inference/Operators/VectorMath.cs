using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ncn.Inference.Operators;

/// <summary>Vectors of 16 numbers, on any machine: where its own are narrower, .NET puts them together. Results are the same to the bit.</summary>
internal static class VectorMath
{
    /// <summary>Numbers of a vector.</summary>
    public const int Lanes = 16;

    public const int HalfLanes = 8;

    /// <summary>The next multiple of a vector.</summary>
    public static int Padded(int count) => unchecked((count + Lanes - 1) & ~(Lanes - 1));

    /// <summary>e to the power of numbers that are 0 or less, to 2 units in the last place; 0 below -87.</summary>
    /// <remarks>x = n ln 2 + r, |r| ≤ ln 2 / 2; e^r by its Taylor series to the seventh power.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exponential(Vector512<float> x)
    {
        Vector512<float> bounded = Vector512.Max(x, Vector512.Create(-87.0f));
        Vector512<float> n = Vector512.Round(bounded * Vector512.Create(1.44269504f));
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), bounded);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        Vector512<float> series = Vector512.Create(1f / 5040);
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 720));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 120));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 24));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 6));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(0.5f));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512<float>.One);
        series = Vector512.FusedMultiplyAdd(series, r, Vector512<float>.One);
        Vector512<int> power = (Vector512.ConvertToInt32(n) + Vector512.Create(127)) << 23;
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-87.0f)), Vector512<float>.Zero, series * power.AsSingle());
    }

    /// <summary>The sum of the numbers: halves, quarters and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> numbers)
    {
        Vector256<float> eight = numbers.GetLower() + numbers.GetUpper();
        Vector128<float> four = eight.GetLower() + eight.GetUpper();
        Vector128<float> two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return (two + Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }
}
