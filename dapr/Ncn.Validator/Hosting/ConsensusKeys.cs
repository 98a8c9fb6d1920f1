using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Ncn.Hosting;
using Ncn.Protocol;
using Ncn.Validator.Durable;
using Ncn.Validator.Signing;

namespace Ncn.Validator.Hosting;

/// <summary>Where the consensus key comes from, and that it has its guard. No message shows the key.</summary>
internal static class ConsensusKeys
{
    /// <summary>Loads the key.</summary>
    /// <param name="path">Its file; made when neither it nor its guard is there.</param>
    /// <exception cref="InvalidOperationException">What is wrong with it.</exception>
    internal static Signer FromFile(IDisk disk, string path, string guard, GuardDomains domains)
    {
        if (!File.Exists(path))
        {
            // The guard that lies here is of a key that is gone, and is kept for the evidence in it; a new key has a new one.
            if (disk.Read(guard) is not null)
            {
                disk.Rename(guard, $"{guard}.of-a-lost-key-{Guid.NewGuid():N}");
            }

            File.WriteAllText(path + NewMark, string.Empty);
            KeyFile.LoadOrCreate(path).Dispose();
        }

        var signer = KeyFile.Load(path);
        Enrol(disk, path + NewMark, guard, signer.Address, domains);
        return signer;
    }

    /// <summary>Reads the newest version of a secret.</summary>
    /// <param name="mark">A file that says that the key has never signed.</param>
    /// <exception cref="InvalidOperationException">The vault does not give it, or it is no key.</exception>
    internal static Signer FromVault(IDisk disk, SecretClient vault, string secret, string mark, string guard, GuardDomains domains)
    {
        var signer = Read(vault, secret);
        Enrol(disk, mark, guard, signer.Address, domains);
        return signer;
    }

    /// <summary>Ending of the file that says that a key has never signed.</summary>
    internal const string NewMark = ".new";

    // The mark goes when the guard is there, so that a guard that is lost later is not begun anew.
    private static void Enrol(IDisk disk, string mark, string guard, Address key, GuardDomains domains)
    {
        if (!File.Exists(mark))
        {
            return;
        }

        if (disk.Read(guard) is null)
        {
            SigningGuard.Create(disk, guard, key, domains);
        }

        disk.Delete(mark);
        disk.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(mark))!);
    }

    private static Signer Read(SecretClient vault, string secret)
    {
        try
        {
            var text = vault.GetSecret(secret).Value.Value.Trim();
            return Hash32.TryParse(text, out _) ? new Signer(Convert.FromHexString(text.AsSpan(2)))
                : throw new InvalidOperationException($"The secret {secret} of {vault.VaultUri} must be 0x and 64 hex digits, one private key.");
        }
        catch (ArgumentException invalid)
        {
            throw new InvalidOperationException($"The secret {secret} of {vault.VaultUri} is not a valid secp256k1 key; make a new one.", invalid);
        }
        catch (RequestFailedException refused)
        {
            throw new InvalidOperationException(
                $"The secret {secret} of {vault.VaultUri} cannot be read ({refused.Status} {refused.ErrorCode}): check that it exists, that the vault can be reached, and that this process's identity has the role Key Vault Secrets User.", refused);
        }
        catch (AuthenticationFailedException anonymous)
        {
            throw new InvalidOperationException($"The secret {secret} of {vault.VaultUri} cannot be read, because this process has no identity in Azure: {anonymous.Message}", anonymous);
        }
    }
}
