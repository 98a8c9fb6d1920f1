using System.Text;
using System.Text.Json;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Discovery.Tests;

/// <summary>What is signed, what is read, and the keys that a record's content yields.</summary>
public sealed class AdvertTests
{
    private static readonly Eip712Domain Network = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    private static readonly Signer Owner = new(Convert.FromHexString("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
    private static readonly Signer Stranger = new(Convert.FromHexString("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"));

    [Fact]
    public void A_peers_id_is_the_hash_of_its_identity_key()
    {
        var contact = Contact.Read(Owner.Sign(PeerOf(Stranger.PublicKey.Span), Network), Network);
        Assert.Equal(Keccak256.Of(Stranger.PublicKey.Span), contact!.Id.Value);
        Assert.Equal(Owner.Address, contact.Operator);
    }

    [Fact]
    public void A_peer_record_counts_only_with_its_operators_signature_and_a_good_form()
    {
        var record = PeerOf(Stranger.PublicKey.Span);
        Assert.NotNull(Contact.Read(Owner.Sign(record, Network), Network));
        Assert.Null(Contact.Read(Stranger.Sign(record, Network), Network));
        Assert.Null(Contact.Read(Owner.Sign(record with { IdentityKey = new HexBytes(new byte[63]) }, Network), Network));
        Assert.Null(Contact.Read(Owner.Sign(record with { Url = "ftp://peer.example.org" }, Network), Network));
        Assert.Null(Contact.Read(Owner.Sign(record with { Url = "https://user:secret@peer.example.org" }, Network), Network));
        Assert.Null(Contact.Read(Owner.Sign(record with { Url = "https://" + new string('a', 300) }, Network), Network));
        Assert.Null(Contact.Read(Owner.Sign(record, Eip712Domain.Network(1, Network.VerifyingContract)), Network));
        Assert.Null(Contact.Read(null, Network));
    }

    [Fact]
    public void A_gateway_is_found_by_operator_subnet_model_and_name()
    {
        var digest = new ModelDigest(Keccak256.Of("weights"u8));
        var record = new GatewayRecord(Owner.Address, 1, 3, "https://g.example.org", [new GatewayModel("tiny-chat", digest)], 1, 2);
        var advert = VerifiedAdvert.Read(Owner.Sign(record, Network), Network)!;
        DiscoveryKey[] expected = [DiscoveryKey.OfOperator(Owner.Address), DiscoveryKey.OfSubnet(3), DiscoveryKey.OfModel(digest), DiscoveryKey.OfName("tiny-chat")];
        Assert.Equal(expected.Order(), advert.Keys);
        Assert.All(expected, key => Assert.True(advert.Yields(key)));
        Assert.False(advert.Yields(DiscoveryKey.OfSubnet(4)));
        Assert.Null(VerifiedAdvert.Read(Stranger.Sign(record, Network), Network));
        Assert.Null(VerifiedAdvert.Read(Owner.Sign(record with { Subnet = 0 }, Network), Network));
    }

    [Fact]
    public void A_node_is_found_by_each_of_its_subnets_and_models()
    {
        var advert = VerifiedAdvert.Read(Owner.Sign(Samples.NodeRecordOf(Owner.Address), Network), Network)!;
        Assert.True(advert.Yields(DiscoveryKey.OfSubnet(1)) && advert.Yields(DiscoveryKey.OfSubnet(2)) && advert.Yields(DiscoveryKey.OfName("digits")));
        Assert.Equal(JsonSerializer.SerializeToUtf8Bytes(advert.Node, ProtocolJson.Options).Length, advert.Bytes);
    }

    [Fact]
    public void Keys_are_the_hash_of_label_and_content()
    {
        Assert.Equal(Keccak256.Of([.. "ncn/subnet"u8, 0, 0, 1, 2]), DiscoveryKey.OfSubnet(258).Value);
        Assert.Equal(Keccak256.Of(Encoding.UTF8.GetBytes("ncn/nametiny-chat")), DiscoveryKey.OfName("tiny-chat").Value);
        Assert.NotEqual(DiscoveryKey.OfModel(default).Value, DiscoveryKey.OfOperator(default).Value);
        Assert.Equal(DiscoveryKey.OfSubnet(1), JsonSerializer.Deserialize<DiscoveryKey>(JsonSerializer.Serialize(DiscoveryKey.OfSubnet(1))));
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.250", true)]
    [InlineData("192.0.2.7", "192.0.3.7", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:ffff::9", true)]
    [InlineData("2001:db8:1::1", "2001:db8:2::1", false)]
    [InlineData("::ffff:192.0.2.7", "192.0.2.8", true)]
    public void An_address_block_is_a_24_or_a_48(string left, string right, bool same) =>
        Assert.Equal(same, AddressBlock.Of(System.Net.IPAddress.Parse(left), false) == AddressBlock.Of(System.Net.IPAddress.Parse(right), false));

    [Fact]
    public void Loopback_is_exempt_only_when_that_is_allowed()
    {
        Assert.True(AddressBlock.Of(System.Net.IPAddress.Loopback, true).IsExempt);
        Assert.False(AddressBlock.Of(System.Net.IPAddress.Loopback, false).IsExempt);
        Assert.False(AddressBlock.Of(System.Net.IPAddress.Parse("192.0.2.7"), true).IsExempt);
    }

    private static PeerRecord PeerOf(ReadOnlySpan<byte> identityKey) =>
        new(new HexBytes(identityKey), Owner.Address, 1, "https://peer.example.org:3601", Samples.Start, Samples.Start + Samples.Hour);
}
