using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ncn.Inference.Generation.Sampling;

/// <summary>
/// exp(x) for x at most 0, with the same bits on every machine: only additions, multiplications and shifts of IEEE 754 doubles, lane
/// by lane, so neither the width of the machine's vectors nor its mathematical library plays a part. <c>Math.Exp</c> would be the C
/// library's, which differs.
/// </summary>
/// <remarks>
/// x = n ln 2 + r with |r| at most ln 2 / 2; exp(x) = 2^n times the Taylor polynomial of degree 13 in r, whose error is below 2^-57.
/// The two halves of ln 2 are those of fdlibm's <c>e_exp.c</c>. Below -708, and for what is no number or above 0, the result is 0.
/// </remarks>
internal static class ExactExponential
{
    private const double Smallest = -708;
    private const double Log2E = 1.4426950408889634;
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;

    /// <summary>1.5 times 2^52: a number added to it is rounded to an integer, which then stands in the sum's lowest bits.</summary>
    private const double Rounder = 6755399441055744;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Of(Vector256<double> x)
    {
        Vector256<double> shifted = (x * Log2E) + Vector256.Create(Rounder);
        Vector256<double> n = shifted - Vector256.Create(Rounder);
        Vector256<double> r = x - (n * Ln2High) - (n * Ln2Low);
        Vector256<double> scale = Vector256.ShiftLeft(shifted.AsInt64() + Vector256.Create(1023L), 52).AsDouble();
        Vector256<double> result = Polynomial(r) * scale;
        Vector256<double> inRange = Vector256.GreaterThanOrEqual(x, Vector256.Create(Smallest)) & Vector256.LessThanOrEqual(x, Vector256<double>.Zero);
        return Vector256.ConditionalSelect(inRange, result, Vector256<double>.Zero);
    }

    public static double Of(double x) => Of(Vector256.Create(x)).ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Polynomial(Vector256<double> r)
    {
        Vector256<double> p = Vector256.Create(1.0 / 6227020800);
        p = (p * r) + Vector256.Create(1.0 / 479001600);
        p = (p * r) + Vector256.Create(1.0 / 39916800);
        p = (p * r) + Vector256.Create(1.0 / 3628800);
        p = (p * r) + Vector256.Create(1.0 / 362880);
        p = (p * r) + Vector256.Create(1.0 / 40320);
        p = (p * r) + Vector256.Create(1.0 / 5040);
        p = (p * r) + Vector256.Create(1.0 / 720);
        p = (p * r) + Vector256.Create(1.0 / 120);
        p = (p * r) + Vector256.Create(1.0 / 24);
        p = (p * r) + Vector256.Create(1.0 / 6);
        p = (p * r) + Vector256.Create(0.5);
        p = (p * r) + Vector256<double>.One;
        return (p * r) + Vector256<double>.One;
    }
}
