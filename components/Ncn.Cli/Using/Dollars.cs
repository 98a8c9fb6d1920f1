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

    /// <summary>An amount above zero.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static TokenAmount Require(string? text) => RequireOrZero(text) is { IsZero: false } amount ? amount : throw new CliException("The amount is zero; nothing was done.");

    /// <exception cref="CliException">It is no amount.</exception>
    public static TokenAmount RequireOrZero(string? text) => TryParse(text, out var amount)
        ? amount
        : throw new CliException($"'{text}' is no amount; write for example 5 or 0.25, with at most six decimals.");

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
