using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ncn.Hosting;
using Ncn.Protocol;

namespace Ncn.Serving.Tests.Nodes;

/// <summary>A certificate is worth what the identity in it signed: this key, this network, until then.</summary>
public sealed class IdentityCertificateTests : IDisposable
{
    private static readonly Eip712Domain Network = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private readonly Signer _node = new(Convert.FromHexString("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
    private readonly X509Certificate2 _certificate;

    public IdentityCertificateTests() => _certificate = IdentityCertificate.Create(_node, Network, Now, TimeSpan.FromDays(30));

    [Fact]
    public void It_names_who_vouches_for_its_key()
    {
        Assert.Equal(_node.Address, IdentityCertificate.Identity(_certificate, Network, Now));
        Assert.Equal(_node.Address, IdentityCertificate.Identity(_certificate, Network, Now.AddDays(30).AddMilliseconds(-1)));
    }

    [Fact]
    public void It_is_worth_nothing_after_its_time() => Assert.Null(IdentityCertificate.Identity(_certificate, Network, Now.AddDays(30)));

    [Fact]
    public void It_is_nobodys_known_on_another_network() =>
        Assert.NotEqual(_node.Address, IdentityCertificate.Identity(_certificate, Eip712Domain.Network(1, Network.VerifyingContract), Now));

    [Fact]
    public void The_statement_of_one_key_is_worth_nothing_in_the_certificate_of_another()
    {
        X509Extension statement = _certificate.Extensions.Single();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.NotEqual(_node.Address, IdentityCertificate.Identity(Forge(other, new X509Extension(statement.Oid!, statement.RawData, false)), Network, Now));
    }

    [Fact]
    public void A_longer_life_than_was_signed_is_worth_nothing()
    {
        X509Extension statement = _certificate.Extensions.Single();
        byte[] value = [.. statement.RawData];
        value[27] ^= 1;
        using ECDsa key = _certificate.GetECDsaPrivateKey()!;
        Assert.NotEqual(_node.Address, IdentityCertificate.Identity(Forge(key, new X509Extension(statement.Oid!, value, false)), Network, Now));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(92)]
    [InlineData(94)]
    public void A_statement_of_another_size_is_none(int bytes)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var statement = new X509Extension(_certificate.Extensions.Single().Oid!, new byte[bytes], false);
        Assert.Null(IdentityCertificate.Identity(Forge(key, statement), Network, Now));
    }

    [Fact]
    public void A_plain_certificate_is_nobodys()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Null(IdentityCertificate.Identity(Forge(key, null), Network, Now));
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _node.Dispose();
    }

    private static X509Certificate2 Forge(ECDsa key, X509Extension? extension)
    {
        var request = new CertificateRequest("CN=forged", key, HashAlgorithmName.SHA256);
        if (extension is not null)
        {
            request.CertificateExtensions.Add(extension);
        }

        return request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(40));
    }
}
