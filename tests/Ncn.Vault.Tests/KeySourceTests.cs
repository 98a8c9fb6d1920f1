using Microsoft.Extensions.Configuration;
using Ncn.Protocol;
using Ncn.Tests.Vault;

namespace Ncn.Vault.Tests;

/// <summary>A key has one origin, and is in no message, whatever goes wrong.</summary>
public sealed class KeySourceTests
{
    private const string Key = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
    private static readonly Address Owner = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");

    [Fact]
    public async Task A_vault_is_asked_by_the_name_of_the_key_with_the_apps_identity()
    {
        await using TestVault vault = await TestVault.StartAsync();
        vault.Secrets["gateway"] = Key + "\n";

        using Signer signer = Source(vault, ("Ncn:Keys:Vault", TestVault.Address), ("Ncn:Keys:Directory", "/nowhere")).Load("gateway");

        Assert.Equal(Owner, signer.Address);
        Assert.Equal(["https://vault.azure.net/.default"], vault.Scopes);
    }

    [Fact]
    public async Task A_file_that_a_setting_names_goes_before_the_vault()
    {
        await using TestVault vault = await TestVault.StartAsync();
        string file = Path.Combine(Directory.CreateTempSubdirectory("ncn-vault-").FullName, "other.key");
        using Signer made = Source(vault, ("Ncn:Keys:Directory", Path.GetDirectoryName(file)!)).LoadOrCreate("other");

        using Signer signer = Source(vault, ("Ncn:Keys:Vault", TestVault.Address)).Load("gateway", file);

        Assert.Equal(made.Address, signer.Address);
        Assert.Empty(vault.Scopes);
    }

    [Theory]
    [InlineData("missing", "404 SecretNotFound")]
    [InlineData("torn", "must be 0x and 64 hex digits")]
    [InlineData("zero", "not a valid secp256k1 key")]
    public async Task What_is_wrong_with_a_secret_is_said_and_not_the_secret(string what, string expected)
    {
        await using TestVault vault = await TestVault.StartAsync();
        vault.Secrets["torn"] = Key + "zz";
        vault.Secrets["zero"] = "0x" + new string('0', 64);

        var failure = Assert.Throws<InvalidOperationException>(() => Source(vault, ("Ncn:Keys:Vault", TestVault.Address)).Load(what));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key[2..], failure.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_vault_is_never_asked_without_TLS()
    {
        await using TestVault vault = await TestVault.StartAsync();
        var failure = Assert.Throws<InvalidOperationException>(() => Source(vault, ("Ncn:Keys:Vault", "http://ncn-test.vault.azure.net/")));
        Assert.Contains("https address", failure.Message, StringComparison.Ordinal);
    }

    private static KeySource Source(TestVault vault, params (string Key, string Value)[] settings) => KeySource.With(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value)).Build(), () => vault, vault.Options());
}
