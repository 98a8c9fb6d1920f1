using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Hosting;

/// <summary>
/// A TLS certificate that a participant's own key vouches for, instead of a certificate authority. The TLS handshake proves that the
/// other side holds the certificate's key; the extension proves whose key it is.
/// </summary>
/// <remarks>
/// The extension's value is identity (20 bytes) ‖ expiry (unix milliseconds, 8 bytes big-endian) ‖ signature of <see cref="TransportKey"/>
/// under the network's domain (65 bytes). Chain, name and issuer of the certificate mean nothing and are not looked at.
/// </remarks>
public static class IdentityCertificate
{
    /// <summary>The extension's identifier, from the arc that anyone may take a number of (ITU-T X.667).</summary>
    private const string ExtensionOid = "2.25.244179850520090600824317712711008285551";

    private const int ExpiryAt = Address.Size;
    private const int SignatureAt = ExpiryAt + sizeof(ulong);
    private const int ExtensionBytes = SignatureAt + Signature.Size;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(10);

    /// <summary>Makes a fresh P-256 key and a certificate for it.</summary>
    /// <param name="signer">Who vouches for the key.</param>
    /// <param name="network">The network's domain.</param>
    /// <param name="now">From when on it is good.</param>
    /// <param name="life">For how long.</param>
    public static X509Certificate2 Create(Signer signer, Eip712Domain network, DateTimeOffset now, TimeSpan life)
    {
        ArgumentNullException.ThrowIfNull(signer);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var statement = new TransportKey(signer.Address, KeyHash(key.ExportSubjectPublicKeyInfo()), (ulong)(now + life).ToUnixTimeMilliseconds());
        var request = new CertificateRequest($"CN={signer.Address}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension(ExtensionOid, Encode(signer.Sign(statement, network)), critical: false));
        using X509Certificate2 fresh = request.CreateSelfSigned(now - ClockSkew, now + life);
        // A certificate whose key never touched a file cannot serve TLS on every platform; one that was read back can.
        return X509CertificateLoader.LoadPkcs12(fresh.Export(X509ContentType.Pkcs12), password: null);
    }

    /// <summary>Whose certificate this is; null when nobody vouches for its key under this domain, or not any more.</summary>
    public static Address? Identity(X509Certificate2 certificate, Eip712Domain network, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        X509Extension? extension = certificate.Extensions.FirstOrDefault(static candidate => candidate.Oid?.Value == ExtensionOid);
        if (extension is not { RawData.Length: ExtensionBytes })
        {
            return null;
        }

        Hash32 keyHash = KeyHash(certificate.PublicKey.ExportSubjectPublicKeyInfo());
        Signed<TransportKey> signed = Decode(extension.RawData, keyHash);
        bool isGood = (ulong)now.ToUnixTimeMilliseconds() < signed.Message.ExpiresAt && signed.IsSignedBy(signed.Message.Identity, network);
        return isGood ? signed.Message.Identity : null;
    }

    private static Hash32 KeyHash(ReadOnlySpan<byte> subjectPublicKeyInfo) => Keccak256.Of(subjectPublicKeyInfo);

    private static byte[] Encode(Signed<TransportKey> signed)
    {
        var value = new byte[ExtensionBytes];
        signed.Message.Identity.CopyTo(value);
        BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(ExpiryAt), signed.Message.ExpiresAt);
        signed.Signature.ToArray().CopyTo(value, SignatureAt);
        return value;
    }

    private static Signed<TransportKey> Decode(ReadOnlySpan<byte> value, Hash32 keyHash) => new(
        new TransportKey(new Address(value[..ExpiryAt]), keyHash, BinaryPrimitives.ReadUInt64BigEndian(value[ExpiryAt..])),
        new Signature(value[SignatureAt..]));
}
