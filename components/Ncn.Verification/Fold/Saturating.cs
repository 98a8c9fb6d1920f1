using System.Numerics;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Arithmetic that has an answer for all numbers.</summary>
internal static class Saturating
{
    /// <summary>The sum, or the largest number.</summary>
    internal static UInt128 Add(UInt128 left, UInt128 right) => right > UInt128.MaxValue - left ? UInt128.MaxValue : left + right;

    /// <summary>value · numerator / denominator, rounded down, or the largest number.</summary>
    /// <param name="denominator">Not 0.</param>
    internal static UInt128 Scale(UInt128 value, UInt128 numerator, UInt128 denominator)
    {
        var scaled = (BigInteger)value * numerator / denominator;
        return scaled > UInt128.MaxValue ? UInt128.MaxValue : (UInt128)scaled;
    }

    /// <summary>A share of an amount, ppm, rounded down.</summary>
    internal static TokenAmount Share(TokenAmount amount, uint ppm) => new(Scale(amount.Units, ppm, VerificationRules.One));
}
