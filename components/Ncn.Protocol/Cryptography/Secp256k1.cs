using System.Buffers.Binary;

namespace Ncn.Protocol.Cryptography;

/// <summary>ECDSA over secp256k1 with public key recovery, by the reference library libsecp256k1.</summary>
/// <remarks>
/// Signatures are 65 bytes r‖s‖v with v = 27 or 28, low-s (EIP-2), nonce by RFC 6979. Sources: SEC 1 version 2.0 section 4.1.6;
/// Ethereum yellow paper, appendix F.
/// </remarks>
public static class Secp256k1
{
    // Half of the group order, big-endian: s above it is the malleable twin and is refused.
    private static readonly UInt128[] HalfOrder =
        [new(0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF), new(0x5D576E7357A4501D, 0xDFE92F46681B20A0)];

    /// <summary>Signs a 32-byte hash. Throws <see cref="ArgumentException"/> when the key is not in 1…n-1.</summary>
    /// <param name="hash">32 bytes.</param>
    /// <param name="privateKey">32 bytes, big-endian.</param>
    /// <param name="signature">65 bytes, filled with r‖s‖v.</param>
    public static unsafe void SignRecoverable(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> privateKey, Span<byte> signature)
    {
        RequireLength(hash.Length, 32, nameof(hash));
        RequireLength(privateKey.Length, 32, nameof(privateKey));
        RequireLength(signature.Length, 65, nameof(signature));
        byte* recoverable = stackalloc byte[65];
        int recoveryId;
        fixed (byte* message = hash, key = privateKey, output = signature)
        {
            if (NativeSecp256k1.SignRecoverable(NativeSecp256k1.Context, recoverable, message, key, 0, 0) != 1)
            {
                throw new ArgumentException("The private key is not a number from 1 to n-1 of secp256k1; make a new key.", nameof(privateKey));
            }

            _ = NativeSecp256k1.SerializeRecoverable(NativeSecp256k1.Context, output, &recoveryId, recoverable);
        }

        signature[64] = (byte)(27 + recoveryId);
    }

    /// <summary>Recovers the signer's 64-byte public key (x‖y). False for a malformed, high-s or unrecoverable signature.</summary>
    /// <param name="hash">32 bytes that were signed.</param>
    /// <param name="signature">65 bytes r‖s‖v, v = 27 or 28.</param>
    /// <param name="publicKey">64 bytes, filled when true is returned.</param>
    public static unsafe bool TryRecover(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature, Span<byte> publicKey)
    {
        RequireLength(hash.Length, 32, nameof(hash));
        RequireLength(publicKey.Length, 64, nameof(publicKey));
        if (signature.Length != 65 || signature[64] is not (27 or 28) || !IsLowS(signature[32..64]))
        {
            return false;
        }

        byte* recoverable = stackalloc byte[65];
        byte* key = stackalloc byte[64];
        fixed (byte* compact = signature, message = hash)
        {
            if (NativeSecp256k1.ParseRecoverable(NativeSecp256k1.Context, recoverable, compact, signature[64] - 27) != 1
                || NativeSecp256k1.Recover(NativeSecp256k1.Context, key, recoverable, message) != 1)
            {
                return false;
            }
        }

        Serialize(key, publicKey);
        return true;
    }

    /// <summary>
    /// True when the key signed the hash. About a quarter less work than <see cref="TryRecover"/>, but it does not look at v: a signature
    /// with the wrong v verifies, and no contract can use it.
    /// </summary>
    /// <param name="hash">32 bytes that were signed.</param>
    /// <param name="signature">65 bytes r‖s‖v, v = 27 or 28, low-s.</param>
    /// <param name="publicKey">64 bytes x‖y.</param>
    public static unsafe bool Verify(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> publicKey)
    {
        RequireLength(hash.Length, 32, nameof(hash));
        RequireLength(publicKey.Length, 64, nameof(publicKey));
        if (signature.Length != 65 || signature[64] is not (27 or 28) || !IsLowS(signature[32..64]))
        {
            return false;
        }

        byte* encoded = stackalloc byte[65];
        byte* key = stackalloc byte[64];
        byte* parsed = stackalloc byte[64];
        encoded[0] = 4; // SEC 1, section 2.3.3: an uncompressed point
        publicKey.CopyTo(new Span<byte>(encoded + 1, 64));
        fixed (byte* compact = signature, message = hash)
        {
            return NativeSecp256k1.ParsePublicKey(NativeSecp256k1.Context, key, encoded, 65) == 1
                && NativeSecp256k1.ParseCompact(NativeSecp256k1.Context, parsed, compact) == 1
                && NativeSecp256k1.Verify(NativeSecp256k1.Context, parsed, message, key) == 1;
        }
    }

    /// <summary>The 64-byte public key (x‖y) of a private key. Throws when the key is not in 1…n-1.</summary>
    public static unsafe void PublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        RequireLength(privateKey.Length, 32, nameof(privateKey));
        RequireLength(publicKey.Length, 64, nameof(publicKey));
        byte* key = stackalloc byte[64];
        fixed (byte* secret = privateKey)
        {
            if (NativeSecp256k1.CreatePublicKey(NativeSecp256k1.Context, key, secret) != 1)
            {
                throw new ArgumentException("The private key is not a number from 1 to n-1 of secp256k1; make a new key.", nameof(privateKey));
            }
        }

        Serialize(key, publicKey);
    }

    private static unsafe void Serialize(byte* key, Span<byte> publicKey)
    {
        byte* output = stackalloc byte[65];
        nuint length = 65;
        _ = NativeSecp256k1.SerializePublicKey(NativeSecp256k1.Context, output, &length, key, NativeSecp256k1.Uncompressed);
        new ReadOnlySpan<byte>(output + 1, 64).CopyTo(publicKey);
    }

    internal static bool IsLowS(ReadOnlySpan<byte> s)
    {
        var high = BinaryPrimitives.ReadUInt128BigEndian(s);
        return high < HalfOrder[0] || (high == HalfOrder[0] && BinaryPrimitives.ReadUInt128BigEndian(s[16..]) <= HalfOrder[1]);
    }

    private static void RequireLength(int actual, int expected, string name)
    {
        if (actual != expected)
        {
            throw new ArgumentException($"{name} has {actual} bytes; it must have {expected}.", name);
        }
    }
}
