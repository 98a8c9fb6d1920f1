using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Ncn.Protocol.Cryptography;

/// <summary>What sender and receiver share after the set-up: an AEAD key with its nonces, and a secret to export others from (RFC 9180, section 5).</summary>
/// <remarks>A context counts its messages and has no lock: one thread uses it.</remarks>
public abstract class HpkeContext : IDisposable
{
    /// <summary>Bytes that sealing adds (Nt).</summary>
    public const int TagSize = 16;

    /// <summary>Bytes of a nonce (Nn).</summary>
    internal const int NonceSize = 12;

    private const int MaxExportedBytes = 255 * HpkeKdf.HashSize;

    private readonly HpkeKeys _keys;

    private protected HpkeContext(HpkeKeys keys, ulong sequence)
    {
        (_keys, Sequence) = (keys, sequence);
        Cipher = new AesGcm(keys.Key, TagSize);
    }

    private protected AesGcm Cipher { get; }

    /// <summary>Number of the next message. The last one is <see cref="ulong.MaxValue"/> - 1, far below what the RFC allows.</summary>
    private protected ulong Sequence { get; private set; }

    /// <summary>A secret for another use, bound to the set-up and to <paramref name="context"/> (RFC 9180, section 5.3).</summary>
    /// <param name="length">1 to 8160 bytes.</param>
    public byte[] Export(ReadOnlySpan<byte> context, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxExportedBytes);
        return _keys.Kdf.Expand(_keys.ExporterSecret, "sec"u8, context, length);
    }

    public void Dispose()
    {
        Cipher.Dispose();
        _keys.Clear();
        GC.SuppressFinalize(this);
    }

    /// <summary>ComputeNonce: the base nonce XOR the message's number.</summary>
    internal static void Nonce(ReadOnlySpan<byte> baseNonce, ulong sequence, Span<byte> nonce)
    {
        baseNonce.CopyTo(nonce);
        var low = nonce[(NonceSize - sizeof(ulong))..];
        BinaryPrimitives.WriteUInt64BigEndian(low, BinaryPrimitives.ReadUInt64BigEndian(low) ^ sequence);
    }

    /// <exception cref="InvalidOperationException">The context has no nonce left.</exception>
    private protected void NextNonce(Span<byte> nonce)
    {
        if (Sequence == ulong.MaxValue)
        {
            throw new InvalidOperationException("The HPKE context has sealed as many messages as it may; set up a new one.");
        }

        Nonce(_keys.BaseNonce, Sequence, nonce);
    }

    private protected void Count() => Sequence++;
}

/// <summary>The sender's context: seals messages in order.</summary>
public sealed class HpkeSender : HpkeContext
{
    internal HpkeSender(HpkeKeys keys, HpkePublicKey encapsulated, ulong sequence = 0)
        : base(keys, sequence) => EncapsulatedKey = encapsulated;

    /// <summary>Goes to the receiver in the clear.</summary>
    public HpkePublicKey EncapsulatedKey { get; }

    /// <summary>The sealed message: as long as the message and <see cref="HpkeContext.TagSize"/> bytes.</summary>
    public byte[] Seal(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> message)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        NextNonce(nonce);
        var box = new byte[message.Length + TagSize];
        Cipher.Encrypt(nonce, message, box.AsSpan(0, message.Length), box.AsSpan(message.Length), associated);
        Count();
        return box;
    }
}

/// <summary>The receiver's context: opens messages in the order in which they were sealed.</summary>
public sealed class HpkeReceiver : HpkeContext
{
    internal HpkeReceiver(HpkeKeys keys, ulong sequence = 0)
        : base(keys, sequence)
    {
    }

    /// <summary>False when the message was changed, cut, comes out of order, or was sealed for somebody else; the context then waits on.</summary>
    public bool TryOpen(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> box, out byte[] message)
    {
        message = [];
        if (box.Length < TagSize)
        {
            return false;
        }

        Span<byte> nonce = stackalloc byte[NonceSize];
        NextNonce(nonce);
        var opened = new byte[box.Length - TagSize];
        try
        {
            Cipher.Decrypt(nonce, box[..^TagSize], box[^TagSize..], opened, associated);
        }
        catch (AuthenticationTagMismatchException)
        {
            // Part of the protocol, not a failure: the answer is false.
            return false;
        }

        Count();
        message = opened;
        return true;
    }
}
