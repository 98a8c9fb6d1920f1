using System.Security.Cryptography;
using Ncn.Protocol.Cryptography;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Util;

namespace Nethereum.Signer;

/// <summary>A secp256k1 key; one recovered from a signature has only its public half.</summary>
public class EthECKey
{
    private readonly byte[] _privateKey;
    private readonly byte[] _publicKey = new byte[64];

    public EthECKey(string privateKey)
    {
        _privateKey = privateKey.HexToByteArray();
        if (_privateKey.Length != 32)
        {
            throw new ArgumentException($"A private key has 32 bytes; got {_privateKey.Length}.", nameof(privateKey));
        }

        Secp256k1.PublicKey(_privateKey, _publicKey);
    }

    private EthECKey(EthECDSASignature signature, byte[] hash)
    {
        if (!Secp256k1.TryRecover(hash, signature.ToBytes(), _publicKey))
        {
            throw new InvalidOperationException("No public key belongs to this signature and hash.");
        }
    }

    public static EthECKey GenerateKey() => new(RandomNumberGenerator.GetBytes(32).ToHex());

    public static EthECKey RecoverFromSignature(EthECDSASignature signature, byte[] hash) => new(signature, hash);

    public string GetPrivateKey() => GetPrivateKeyAsBytes().ToHex(true);

    public byte[] GetPrivateKeyAsBytes() =>
        _privateKey ?? throw new InvalidOperationException("This key was recovered from a signature and has no private half.");

    public byte[] GetPublicAddressAsBytes() => Keccak256.Hash(_publicKey)[12..];

    public string GetPublicAddress() => AddressUtil.Current.ConvertToChecksumAddress(GetPublicAddressAsBytes());

    public EthECDSASignature SignAndCalculateV(byte[] hash)
    {
        var signature = new byte[65];
        Secp256k1.SignRecoverable(hash, GetPrivateKeyAsBytes(), signature);
        return new EthECDSASignature(signature);
    }
}
