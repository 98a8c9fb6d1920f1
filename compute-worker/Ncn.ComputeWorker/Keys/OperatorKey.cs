using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Ncn.Hosting;
using Ncn.Protocol;

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
    public static OperatorKey FromVault(SecretClient vault, string secret)
    {
        ArgumentNullException.ThrowIfNull(vault);
        string origin = $"secret {secret} of {vault.VaultUri}";
        return new OperatorKey(Read(vault, secret, origin) is { } text && Hash32.TryParse(text.Trim(), out _)
            ? text.Trim()
            : throw new InvalidOperationException($"The {origin} must be 0x and 64 hex digits, one private key."), origin);
    }

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

    private static string Read(SecretClient vault, string secret, string origin)
    {
        try
        {
            return vault.GetSecret(secret).Value.Value;
        }
        catch (RequestFailedException refused)
        {
            throw new InvalidOperationException(
                $"The {origin} cannot be read ({refused.Status} {refused.ErrorCode}): check that it exists, that the vault can be reached, and that this node's identity has the role Key Vault Secrets User.", refused);
        }
        catch (AuthenticationFailedException anonymous)
        {
            throw new InvalidOperationException($"The {origin} cannot be read, because this node has no identity in Azure: {anonymous.Message}", anonymous);
        }
    }
}
