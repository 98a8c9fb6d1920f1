using System.Globalization;
using Ncn.Protocol;

namespace Ncn.Cli.Using;

/// <summary>Atomic units of a token of six decimals, as dollars and back. Integers only.</summary>
internal static class Dollars
{
    private const int Decimals = 6;
    private static readonly UInt128 Unit = 1_000_000;

    public static string Of(TokenAmount amount) =>
        string.Create(CultureInfo.InvariantCulture, $"${amount.Units / Unit}.{amount.Units % Unit:D6}");

    /// <summary>Reads 1, 1.5 or $1.500000; at most six decimals.</summary>
    public static bool TryParse(string? text, out TokenAmount amount)
    {
        amount = default;
        var parts = (text ?? string.Empty).TrimStart('$').Split('.');
        if (parts.Length > 2 || (parts.Length == 2 && parts[1].Length is 0 or > Decimals) || parts[0].Length is 0 or > 30)
        {
            return false;
        }

        return TokenAmount.TryParse(parts[0] + (parts.Length == 2 ? parts[1] : string.Empty).PadRight(Decimals, '0'), out amount);
    }
}
