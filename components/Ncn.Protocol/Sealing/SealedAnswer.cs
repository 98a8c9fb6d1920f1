using System.Buffers.Binary;
using System.Security.Cryptography;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol.Sealing;

/// <summary>How the parts of a sealed answer look. One part is sealed for each chunk, in order; the last one says that it is.</summary>
/// <remarks>
/// part = kind (1 byte: 0, or 1 for the last) ‖ salt (16 bytes, in part 0 alone) ‖ AES-256-GCM(padded content).
/// key (32 bytes) ‖ base nonce (12 bytes) = Export("ncn/sealed-response/1" ‖ salt) of the request's HPKE context;
/// nonce = base nonce XOR index; associated data = index (uint32 big-endian) ‖ kind.
/// padded content = length (uint32 big-endian) ‖ content ‖ zeros up to a multiple of 64 bytes: the length of a token's text tells much
/// of the text to who counts bytes.
/// </remarks>
internal sealed class SealedAnswerCipher : IDisposable
{
    public const int SaltSize = 16;
    public const byte More = 0;
    public const byte Last = 1;

    private const int KeySize = 32;
    private const int PadTo = 64;

    private readonly AesGcm _cipher;
    private readonly byte[] _baseNonce;

    public SealedAnswerCipher(HpkeContext context, ReadOnlySpan<byte> salt)
    {
        var secret = context.Export([.. "ncn/sealed-response/1"u8, .. salt], KeySize + HpkeContext.NonceSize);
        _cipher = new AesGcm(secret.AsSpan(0, KeySize), HpkeContext.TagSize);
        _baseNonce = secret[KeySize..];
        CryptographicOperations.ZeroMemory(secret.AsSpan(0, KeySize));
    }

    public byte[] Seal(uint index, byte kind, ReadOnlySpan<byte> content)
    {
        var padded = new byte[(sizeof(uint) + content.Length + PadTo - 1) / PadTo * PadTo];
        BinaryPrimitives.WriteUInt32BigEndian(padded, (uint)content.Length);
        content.CopyTo(padded.AsSpan(sizeof(uint)));
        var box = new byte[padded.Length + HpkeContext.TagSize];
        Span<byte> nonce = stackalloc byte[HpkeContext.NonceSize];
        HpkeContext.Nonce(_baseNonce, index, nonce);
        _cipher.Encrypt(nonce, padded, box.AsSpan(0, padded.Length), box.AsSpan(padded.Length), Associated(index, kind));
        return box;
    }

    public byte[]? Open(uint index, byte kind, ReadOnlySpan<byte> box)
    {
        if (box.Length < HpkeContext.TagSize + sizeof(uint))
        {
            return null;
        }

        Span<byte> nonce = stackalloc byte[HpkeContext.NonceSize];
        HpkeContext.Nonce(_baseNonce, index, nonce);
        var padded = new byte[box.Length - HpkeContext.TagSize];
        try
        {
            _cipher.Decrypt(nonce, box[..padded.Length], box[padded.Length..], padded, Associated(index, kind));
        }
        catch (AuthenticationTagMismatchException)
        {
            // Part of the protocol, not a failure: the answer is nothing.
            return null;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(padded);
        return length <= (uint)(padded.Length - sizeof(uint)) ? padded[sizeof(uint)..(sizeof(uint) + (int)length)] : null;
    }

    public void Dispose() => _cipher.Dispose();

    private static byte[] Associated(uint index, byte kind)
    {
        var associated = new byte[sizeof(uint) + 1];
        BinaryPrimitives.WriteUInt32BigEndian(associated, index);
        associated[^1] = kind;
        return associated;
    }
}

/// <summary>The node's side: seals the parts of one answer, in order.</summary>
public sealed class SealedAnswerWriter : IDisposable
{
    /// <summary>Bytes of the salt.</summary>
    public const int SaltSize = SealedAnswerCipher.SaltSize;

    private readonly SealedAnswerCipher _cipher;
    private readonly byte[] _salt;
    private uint _next;
    private bool _ended;

    /// <param name="context">Of the opened request.</param>
    /// <param name="salt">Random: the same request answered twice has two keys.</param>
    public SealedAnswerWriter(HpkeContext context, ReadOnlySpan<byte> salt)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, SaltSize, nameof(salt));
        _cipher = new SealedAnswerCipher(context, salt);
        _salt = salt.ToArray();
    }

    /// <summary>The next part.</summary>
    /// <param name="isLast">True ends the answer: without such a part it was cut short.</param>
    public byte[] Seal(ReadOnlySpan<byte> content, bool isLast)
    {
        if (_ended)
        {
            throw new InvalidOperationException("The answer has its last part already.");
        }

        _ended = isLast;
        var kind = isLast ? SealedAnswerCipher.Last : SealedAnswerCipher.More;
        var index = _next++;
        var box = _cipher.Seal(index, kind, content);
        return index == 0 ? [kind, .. _salt, .. box] : [kind, .. box];
    }

    public void Dispose() => _cipher.Dispose();
}

/// <summary>The client's side: opens the parts of one answer in the order in which they were sealed.</summary>
public sealed class SealedAnswerReader : IDisposable
{
    private readonly HpkeContext _context;
    private SealedAnswerCipher? _cipher;
    private uint _next;

    internal SealedAnswerReader(HpkeContext context) => _context = context;

    /// <summary>True once the last part was opened: nothing was cut off.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>False when this is not the next part of the answer to this request: changed, left out, out of order, from another answer, or after the end.</summary>
    public bool TryOpen(ReadOnlySpan<byte> part, out byte[] content)
    {
        content = [];
        var head = _next == 0 ? 1 + SealedAnswerCipher.SaltSize : 1;
        if (IsComplete || part.Length < head || part[0] > SealedAnswerCipher.Last)
        {
            return false;
        }

        var cipher = _cipher ?? new SealedAnswerCipher(_context, part[1..head]);
        if (cipher.Open(_next, part[0], part[head..]) is not { } opened)
        {
            if (_cipher is null)
            {
                cipher.Dispose();
            }

            return false;
        }

        (_cipher, content, IsComplete) = (cipher, opened, part[0] == SealedAnswerCipher.Last);
        _next++;
        return true;
    }

    public void Dispose()
    {
        _cipher?.Dispose();
        _context.Dispose();
    }
}
