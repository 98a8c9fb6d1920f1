using System.Text;
using Ncn.Protocol.Cryptography;
using Nethereum.Hex.HexConvertors.Extensions;

namespace Nethereum.Util;

/// <summary>Keccak-256, the hash of Ethereum (not the SHA-3 of FIPS 202).</summary>
public class Sha3Keccack
{
    public static Sha3Keccack Current { get; } = new();

    public byte[] CalculateHash(byte[] value) => Keccak256.Hash(value);

    public string CalculateHash(string value) => CalculateHashAsBytes(value).ToHex();

    public byte[] CalculateHashAsBytes(string value) => Keccak256.Hash(Encoding.UTF8.GetBytes(value));

    public string CalculateHashFromHex(params string[] hexValues) =>
        CalculateHash(string.Concat(hexValues.Select(hex => hex.RemoveHexPrefix())).HexToByteArray()).ToHex();
}
