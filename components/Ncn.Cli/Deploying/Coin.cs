using System.Globalization;

namespace Ncn.Cli.Deploying;

/// <summary>Wei of a chain's coin as people write it. Integers only.</summary>
internal static class Coin
{
    private static readonly UInt128 Unit = 1_000_000_000_000_000_000;

    /// <summary>For example "0.00042 ETH".</summary>
    public static string Of(UInt128 wei)
    {
        var fraction = (wei % Unit).ToString("D18", CultureInfo.InvariantCulture).TrimEnd('0');
        return string.Create(CultureInfo.InvariantCulture, $"{wei / Unit}{(fraction.Length == 0 ? "" : ".")}{fraction} ETH");
    }
}
