using Nethereum.Hex.HexConvertors.Extensions;

namespace Nethereum.Signer;

/// <summary>A recoverable secp256k1 signature: R and S big-endian, 32 bytes each; V is 27 or 28.</summary>
public class EthECDSASignature
{
    internal EthECDSASignature(byte[] signature65)
    {
        R = signature65[..32];
        S = signature65[32..64];
        V = [signature65[64]];
    }

    public byte[] R { get; }

    public byte[] S { get; }

    public byte[] V { get; set; }

    public static string CreateStringSignature(EthECDSASignature signature) => signature.ToBytes().ToHex(true);

    internal static EthECDSASignature Parse(string signature)
    {
        var bytes = signature.HexToByteArray();
        if (bytes.Length != 65)
        {
            throw new ArgumentException($"A signature has 65 bytes; got {bytes.Length}.", nameof(signature));
        }

        bytes[64] = bytes[64] < 27 ? (byte)(bytes[64] + 27) : bytes[64];
        return new EthECDSASignature(bytes);
    }

    internal byte[] ToBytes() => [.. R, .. S, V[0]];
}
