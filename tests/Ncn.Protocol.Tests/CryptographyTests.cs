using System.Text;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol.Tests;

public sealed class CryptographyTests
{
    private const string DevelopmentKey = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    [Theory]
    [InlineData(0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData(1, "bc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a")]
    public void Keccak_of_zero_bytes_matches_the_reference(int length, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(Keccak256.Hash(new byte[length])));

    [Fact]
    public void Keccak_of_text_matches_the_reference() => Assert.Equal(
        "9c22ff5f21f0b81b113e63f7db6da94fedef11b2119b4088b89664fb9a3cb658", Convert.ToHexStringLower(Keccak256.Hash("test"u8)));

    [Theory]
    [InlineData(135)]
    [InlineData(136)]
    [InlineData(137)]
    [InlineData(272)]
    public void Keccak_is_the_same_over_the_rate_boundary_as_by_the_plain_definition(int length)
    {
        var data = Enumerable.Range(0, length).Select(static i => (byte)(i % 251)).ToArray();
        Assert.Equal(PlainKeccak.Hash(data), Keccak256.Hash(data));
    }

    [Fact]
    public void The_development_key_has_its_well_known_address()
    {
        using var signer = new Signer(Convert.FromHexString(DevelopmentKey));
        Assert.Equal("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", signer.Address.ToString());
        Assert.DoesNotContain(DevelopmentKey, signer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Personal_sign_of_hello_matches_the_reference()
    {
        using var signer = new Signer(Convert.FromHexString(DevelopmentKey));
        var digest = Keccak256.Of(Encoding.UTF8.GetBytes("\u0019Ethereum Signed Message:\n5hello"));
        Assert.Equal(
            "0xf16ea9a3478698f695fd1401bfe27e9e4a7e8e3da94aa72b021125e31fa899cc573c48ea3fe1d4ab61a9db10c19032026e3ed2dbccba5a178235ac27f94504311c",
            signer.SignDigest(digest).ToString());
    }

    [Fact]
    public void A_signature_recovers_to_its_signer_and_its_high_s_twin_is_refused()
    {
        using var signer = new Signer(Convert.FromHexString(DevelopmentKey));
        var digest = Keccak256.Of("a message"u8);
        var signature = signer.SignDigest(digest);
        Assert.True(signature.TryRecover(digest, out var recovered));
        Assert.Equal(signer.Address, recovered);
        Assert.False(HighSTwin(signature).TryRecover(digest, out _));
    }

    [Fact]
    public void A_signature_is_its_signers_whether_the_key_is_known_or_not_and_whatever_v_says()
    {
        var secret = Keccak256.Hash("a key that no other test uses"u8);
        using var signer = new Signer(secret);
        using var other = new Signer(Keccak256.Hash("another one"u8));
        var (digest, changed) = (Keccak256.Of("a message"u8), Keccak256.Of("another message"u8));
        var signature = signer.SignDigest(digest);
        var bytes = signature.ToArray();
        bytes[64] = (byte)(55 - bytes[64]);
        for (var times = 0; times < 2; times++)
        {
            Assert.False(signature.IsBy(signer.Address, changed));
            Assert.False(signature.IsBy(other.Address, digest));
            Assert.True(new Signature(bytes).IsBy(signer.Address, digest));
            Assert.True(signature.IsBy(signer.Address, digest));
            Assert.False(HighSTwin(signature).IsBy(signer.Address, digest));
            Assert.False(other.SignDigest(digest).IsBy(signer.Address, digest));
        }
    }

    [Fact]
    public void Malformed_signatures_are_refused()
    {
        var digest = Keccak256.Of("a message"u8);
        Assert.False(default(Signature).TryRecover(digest, out _));
        var badV = new byte[65];
        badV.AsSpan(0, 64).Fill(1);
        badV[64] = 29;
        Assert.False(new Signature(badV).TryRecover(digest, out _));
        Assert.Throws<ArgumentException>(() => new Signature(new byte[64]));
    }

    [Fact]
    public void Keys_outside_the_group_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new Signer(new byte[32]));
        var order = Convert.FromHexString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
        Assert.Throws<ArgumentException>(() => new Signer(order));
    }

    private static Signature HighSTwin(Signature signature)
    {
        var order = new System.Numerics.BigInteger(
            Convert.FromHexString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"), isUnsigned: true, isBigEndian: true);
        var bytes = signature.ToArray();
        var s = order - new System.Numerics.BigInteger(bytes.AsSpan(32, 32), isUnsigned: true, isBigEndian: true);
        var twin = s.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.AsSpan(32, 32).Clear();
        twin.CopyTo(bytes.AsSpan(64 - twin.Length));
        bytes[64] = (byte)(55 - bytes[64]);
        return new Signature(bytes);
    }
}
