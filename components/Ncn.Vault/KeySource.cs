using Azure.Core;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Extensions.Configuration;
using Ncn.Hosting;
using Ncn.Protocol;

namespace Ncn.Vault;

/// <summary>
/// Where an app's private keys are: files of the folder <c>Ncn:Keys:Directory</c>, <c>NAME.key</c> each, or, when <c>Ncn:Keys:Vault</c> names a
/// key vault (https), its secrets, <c>NAME</c> each, read with the app's own identity in Azure.
/// </summary>
public sealed class KeySource
{
    private readonly string _directory;
    private readonly SecretClient? _vault;

    private KeySource(string directory, SecretClient? vault) => (_directory, _vault) = (directory, vault);

    /// <summary>The keys of an app: a vault is asked with its managed identity, or as who is signed in on a developer's machine.</summary>
    /// <exception cref="InvalidOperationException"><c>Ncn:Keys:Vault</c> is no https address.</exception>
    public static KeySource Of(IConfiguration configuration) => With(configuration, static () => new DefaultAzureCredential(), new SecretClientOptions());

    internal static KeySource With(IConfiguration configuration, Func<TokenCredential> credential, SecretClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return new KeySource(
            configuration["Ncn:Keys:Directory"] ?? ".",
            configuration["Ncn:Keys:Vault"] is { Length: > 0 } vault ? new SecretClient(AddressOf(vault), credential(), options) : null);
    }

    /// <summary>The key called <paramref name="name"/>.</summary>
    /// <param name="name">Such as <c>gateway</c>.</param>
    /// <param name="file">A file that a setting names for this key alone; it goes before folder and vault.</param>
    /// <exception cref="InvalidOperationException">It cannot be had, or it is no key; says which, and nothing of its content.</exception>
    public Signer Load(string name, string? file = null)
    {
        try
        {
            return new Signer(Convert.FromHexString(ReadHex(name, file).AsSpan(2)));
        }
        catch (ArgumentException invalid)
        {
            throw new InvalidOperationException($"The key {name} is not a valid secp256k1 key; make a new one.", invalid);
        }
    }

    /// <summary>The same as 0x and 64 hex digits, for libraries that want text.</summary>
    public string ReadHex(string name, string? file = null) =>
        file is null && _vault is not null ? VaultKey.ReadHex(_vault, name) : KeyFile.ReadHex(PathOf(name, file));

    /// <summary>The same, and a new key in the folder where it has none; a vault is not written to.</summary>
    public Signer LoadOrCreate(string name, string? file = null) =>
        file is null && _vault is not null ? Load(name) : KeyFile.LoadOrCreate(PathOf(name, file));

    private string PathOf(string name, string? file) => file ?? Path.Combine(_directory, $"{name}.key");

    private static Uri AddressOf(string vault) => Uri.TryCreate(vault, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
        ? address
        : throw new InvalidOperationException($"Ncn:Keys:Vault is {vault}; it must be an https address such as https://NAME.vault.azure.net/.");
}
