using Azure.Security.KeyVault.Secrets;
using Ncn.Hosting;
using Ncn.Protocol;
using Ncn.Vault;

namespace Ncn.ComputeWorker.Keys;

/// <summary>The operator's private key, from a file or from Azure Key Vault. No message and no log line shows it.</summary>
internal sealed class OperatorKey
{
    private OperatorKey(string hex, string origin)
    {
        (Hex, Origin) = (hex, origin);
        using Signer valid = CreateSigner();
    }

    /// <summary>0x and 64 hex digits, for libraries that want text.</summary>
    public string Hex { get; }

    /// <summary>Where it came from.</summary>
    public string Origin { get; }

    /// <summary>A key file of mode 0600.</summary>
    /// <exception cref="InvalidOperationException">What is wrong with the file.</exception>
    public static OperatorKey FromFile(string path) => new(KeyFile.ReadHex(path), path);

    /// <summary>The newest version of a secret.</summary>
    /// <exception cref="InvalidOperationException">The vault does not give it, or it is no key; says nothing of its content.</exception>
    public static OperatorKey FromVault(SecretClient vault, string secret) => new(VaultKey.ReadHex(vault, secret), VaultKey.OriginOf(vault, secret));

    /// <exception cref="InvalidOperationException">The number is no private key.</exception>
    public Signer CreateSigner()
    {
        try
        {
            return new Signer(Convert.FromHexString(Hex.AsSpan(2)));
        }
        catch (ArgumentException invalid)
        {
            throw new InvalidOperationException($"The key from {Origin} is not a valid secp256k1 key; make a new one.", invalid);
        }
    }

    /// <summary>Where it came from, never the key.</summary>
    public override string ToString() => Origin;
}
