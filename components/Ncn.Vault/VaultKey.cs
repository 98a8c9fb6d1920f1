using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Ncn.Protocol;

namespace Ncn.Vault;

/// <summary>A private key that is a secret of Azure Key Vault: 0x and 64 hex digits. No message shows it.</summary>
public static class VaultKey
{
    /// <summary>What a secret is called in messages.</summary>
    public static string OriginOf(SecretClient vault, string secret)
    {
        ArgumentNullException.ThrowIfNull(vault);
        return $"secret {secret} of {vault.VaultUri}";
    }

    /// <summary>The newest version of a secret, as 0x and 64 hex digits.</summary>
    /// <exception cref="InvalidOperationException">The vault does not give it, or it is no key; says nothing of its content.</exception>
    public static string ReadHex(SecretClient vault, string secret)
    {
        ArgumentNullException.ThrowIfNull(vault);
        string text = Read(vault, secret).Trim();
        return Hash32.TryParse(text, out _)
            ? text
            : throw new InvalidOperationException($"The {OriginOf(vault, secret)} must be 0x and 64 hex digits, one private key.");
    }

    private static string Read(SecretClient vault, string secret)
    {
        try
        {
            return vault.GetSecret(secret).Value.Value;
        }
        catch (RequestFailedException refused)
        {
            throw new InvalidOperationException(
                $"The {OriginOf(vault, secret)} cannot be read ({refused.Status} {refused.ErrorCode}): check that it exists, that the vault can be reached, and that this app's identity has the role Key Vault Secrets User.", refused);
        }
        catch (AuthenticationFailedException anonymous)
        {
            throw new InvalidOperationException($"The {OriginOf(vault, secret)} cannot be read, because this app has no identity in Azure: {anonymous.Message}", anonymous);
        }
    }
}
