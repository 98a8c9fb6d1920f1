using System.Text;
using System.Text.Json;
using Ncn.NethereumStandIn.Tests.Messages;
using Ncn.NethereumStandIn.Tests.Viem;
using Nethereum.ABI.EIP712;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Hex.HexTypes;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.Signer;
using Nethereum.Signer.EIP712;
using Nethereum.Util;

namespace Ncn.NethereumStandIn.Tests;

/// <summary>Published vectors of keccak, keys, EIP-191 and EIP-712, and viem's typed data.</summary>
public sealed class SigningTests(ViemVectors viem) : IClassFixture<ViemVectors>
{
    [Fact]
    public void Keccak_of_nothing() =>
        Assert.Equal("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", Sha3Keccack.Current.CalculateHash(""));

    [Fact]
    public void Keccak_of_hexadecimal_pieces_joins_them() =>
        Assert.Equal(Sha3Keccack.Current.CalculateHash("ab"), Sha3Keccack.Current.CalculateHashFromHex("0x61", "62"));

    [Fact]
    public void A_key_has_its_checksummed_address() =>
        Assert.Equal(Samples.Owner, new EthECKey(Samples.Key).GetPublicAddress());

    [Fact]
    public void A_key_may_lack_its_prefix_and_gives_it_back() =>
        Assert.Equal(Samples.Key, new EthECKey(Samples.Key[2..]).GetPrivateKey());

    [Fact]
    public void Two_generated_keys_differ() =>
        Assert.NotEqual(EthECKey.GenerateKey().GetPrivateKey(), EthECKey.GenerateKey().GetPrivateKey());

    [Fact]
    public void Personal_sign_of_hello() => Assert.Equal(
        "0xf16ea9a3478698f695fd1401bfe27e9e4a7e8e3da94aa72b021125e31fa899cc573c48ea3fe1d4ab61a9db10c19032026e3ed2dbccba5a178235ac27f94504311c",
        new EthereumMessageSigner().EncodeUTF8AndSign("hello", new EthECKey(Samples.Key)));

    [Fact]
    public void Personal_sign_is_recovered_and_another_message_is_not()
    {
        var signer = new EthereumMessageSigner();
        var signature = signer.EncodeUTF8AndSign("hello", new EthECKey(Samples.Key));

        Assert.Equal(Samples.Owner, signer.EncodeUTF8AndEcRecover("hello", signature));
        Assert.NotEqual(Samples.Owner, signer.EncodeUTF8AndEcRecover("hullo", signature));
    }

    [Fact]
    public void A_hash_is_signed_without_prefix()
    {
        var hash = Sha3Keccack.Current.CalculateHash(Encoding.UTF8.GetBytes("hello"));
        Assert.Equal(Samples.Owner, new MessageSigner().EcRecover(hash, new MessageSigner().Sign(hash, new EthECKey(Samples.Key))));
    }

    [Fact]
    public void The_mail_of_EIP_712_has_its_digest_and_signature()
    {
        var mail = new Mail
        {
            From = new Person { Name = "Cow", Wallet = "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826" },
            To = new Person { Name = "Bob", Wallet = "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB" },
            Contents = "Hello, Bob!",
        };
        var typedData = MailData();
        var cow = new EthECKey(Sha3Keccack.Current.CalculateHash("cow"));
        const string Signature = "0x4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c";

        Assert.Equal(Signature, Eip712TypedDataSigner.Current.SignTypedDataV4(mail, typedData, cow));
        typedData.SetMessage(mail);
        Assert.Equal(Signature, Eip712TypedDataSigner.Current.SignTypedDataV4(typedData, cow));
        Assert.Equal(
            "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2",
            Sha3Keccack.Current.CalculateHash(Eip712TypedDataSigner.Current.EncodeTypedData(typedData)).ToHex());
        Assert.Equal(cow.GetPublicAddress(), Eip712TypedDataSigner.Current.RecoverFromSignatureV4(mail, typedData, Signature));
    }

    [Fact]
    public void An_array_of_structs_has_viems_digest_and_signature()
    {
        var batch = new ClaimBatch
        {
            Claims =
            [
                new ClaimEntry { ChannelId = Samples.Salt, MaxClaimableAmount = 5, TotalClaimed = 4 },
                new ClaimEntry { ChannelId = Samples.Salt, MaxClaimableAmount = 9 },
            ],
        };
        var typedData = new TypedData<Domain>
        {
            Domain = new Domain { Name = "x402 Batch Settlement", Version = "1", ChainId = Samples.ChainId, VerifyingContract = Samples.Bob },
            Types = MemberDescriptionFactory.GetTypesMemberDescription(typeof(Domain), typeof(ClaimBatch), typeof(ClaimEntry)),
            PrimaryType = "ClaimBatch",
        };

        Assert.Equal(viem["claimsSignature"], Eip712TypedDataSigner.Current.SignTypedDataV4(batch, typedData, new EthECKey(Samples.Key)));
        Assert.Equal(viem["claimsDigest"], Eip712TypedDataEncoder.Current.EncodeAndHashTypedData(batch, typedData).ToHex(true));
    }

    [Theory]
    [InlineData(0, "0x0")]
    [InlineData(255, "0xff")]
    [InlineData(65536, "0x10000")]
    public void A_quantity_has_no_leading_zeros(int value, string hex)
    {
        Assert.Equal(hex, new HexBigInteger(value).HexValue);
        Assert.Equal(value, new HexBigInteger(hex).Value);
        Assert.Equal($"\"{hex}\"", JsonSerializer.Serialize(new HexBigInteger(value)));
    }

    [Fact]
    public void A_block_is_latest_unless_numbered()
    {
        Assert.Equal("latest", new BlockParameter().GetRPCParam());
        Assert.Equal("0x5", new BlockParameter(5).GetRPCParam());
    }

    private static TypedData<Domain> MailData() => new()
    {
        Domain = new Domain { Name = "Ether Mail", Version = "1", ChainId = 1, VerifyingContract = "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC" },
        Types = MemberDescriptionFactory.GetTypesMemberDescription(typeof(Domain), typeof(Mail), typeof(Person)),
        PrimaryType = "Mail",
    };
}
