namespace Nethereum.Hex.HexConvertors.Extensions;

/// <summary>Bytes to lowercase hexadecimal and back.</summary>
public static class HexByteConvertorExtensions
{
    public static string ToHex(this byte[] value, bool prefix = false) =>
        (prefix ? "0x" : "") + Convert.ToHexStringLower(value);

    public static bool HasHexPrefix(this string value) =>
        value.StartsWith("0x", StringComparison.OrdinalIgnoreCase);

    public static string RemoveHexPrefix(this string value) => value.HasHexPrefix() ? value[2..] : value;

    public static string EnsureHexPrefix(this string value) =>
        value is null || value.HasHexPrefix() ? value : "0x" + value;

    public static byte[] HexToByteArray(this string value)
    {
        var digits = value.RemoveHexPrefix();
        return Convert.FromHexString(digits.Length % 2 == 0 ? digits : "0" + digits);
    }
}
