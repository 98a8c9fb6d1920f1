namespace Ncn.Protocol;

/// <summary>A message with a signature. Only <see cref="Signer.Sign"/> makes one here; one that came from outside is checked by <see cref="IsSignedBy"/>.</summary>
/// <typeparam name="T">The message's type.</typeparam>
public sealed record Signed<T>(T Message, Signature Signature)
    where T : ITypedData
{
    /// <summary>The address of the key that signed; false when the signature is malformed.</summary>
    public bool TryRecover(Eip712Domain domain, out Address signer)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Signature.TryRecover(domain.Digest(Message), out signer);
    }

    /// <summary>True when the key of <paramref name="signer"/> signed exactly this message under this domain.</summary>
    public bool IsSignedBy(Address signer, Eip712Domain domain) =>
        !signer.IsZero && TryRecover(domain, out var recovered) && recovered == signer;
}
