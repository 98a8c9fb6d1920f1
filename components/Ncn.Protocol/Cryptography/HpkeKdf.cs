using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Ncn.Protocol.Cryptography;

/// <summary>LabeledExtract and LabeledExpand over HKDF-SHA256 (RFC 9180, section 4).</summary>
/// <param name="suiteId">"KEM" or "HPKE" and the identifiers of the algorithms: keeps the uses of one secret apart.</param>
internal readonly struct HpkeKdf(byte[] suiteId)
{
    /// <summary>Bytes of an extracted key (Nh).</summary>
    public const int HashSize = 32;

    private static ReadOnlySpan<byte> Version => "HPKE-v1"u8;

    public byte[] Extract(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> keyMaterial)
    {
        byte[] labeled = [.. Version, .. suiteId, .. label, .. keyMaterial];
        var key = new byte[HashSize];
        HKDF.Extract(HashAlgorithmName.SHA256, labeled, salt, key);
        CryptographicOperations.ZeroMemory(labeled);
        return key;
    }

    /// <summary>At most 255 times <see cref="HashSize"/> bytes.</summary>
    public byte[] Expand(ReadOnlySpan<byte> key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, int length)
    {
        Span<byte> prefix = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(prefix, checked((ushort)length));
        byte[] labeled = [.. prefix, .. Version, .. suiteId, .. label, .. info];
        var output = new byte[length];
        HKDF.Expand(HashAlgorithmName.SHA256, key, output, labeled);
        return output;
    }
}
