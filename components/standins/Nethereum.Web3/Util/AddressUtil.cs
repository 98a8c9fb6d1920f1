using Nethereum.Hex.HexConvertors.Extensions;

namespace Nethereum.Util;

/// <summary>Addresses in the mixed-case checksum form of EIP-55.</summary>
public class AddressUtil
{
    public static AddressUtil Current { get; } = new();

    public string ConvertToChecksumAddress(byte[] address)
    {
        if (address.Length < 20)
        {
            throw new ArgumentException($"An address has 20 bytes; got {address.Length}.", nameof(address));
        }

        return ConvertToChecksumAddress(address[^20..].ToHex(true));
    }

    public string ConvertToChecksumAddress(string address)
    {
        var digits = address.ToLowerInvariant().RemoveHexPrefix();
        var hash = new Sha3Keccack().CalculateHash(digits);
        var mixed = digits.Select((digit, i) => hash[i] > '7' ? char.ToUpperInvariant(digit) : digit);
        return "0x" + string.Concat(mixed);
    }

    public bool AreAddressesTheSame(string address1, string address2) =>
        string.Equals(address1, address2, StringComparison.OrdinalIgnoreCase);
}
