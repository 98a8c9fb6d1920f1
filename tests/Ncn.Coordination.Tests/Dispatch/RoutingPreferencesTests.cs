using System.Text.Json;
using Ncn.Coordination.Dispatch;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Dispatch;

public sealed class RoutingPreferencesTests
{
    private static readonly ModelOffer Offer = Samples.Offer() with
    {
        Price = new ModelPrice(new(10), new(2), new(6), new(100)),
        Quantization = "int4",
    };

    [Fact]
    public void Every_member_is_read()
    {
        var read = Read($$"""
            {"order":["{{Samples.Node(1)}}"],"only":["{{Samples.Node(1)}}","{{Samples.Node(2)}}","{{Samples.Node(1)}}"],"ignore":["{{Samples.Node(3)}}"],
             "allow_fallbacks":false,"require_parameters":true,"max_price":{"prompt":2,"completion":"6.9","request":0.00001,"image":1},
             "quantizations":["INT4","fp16"],"digests":["{{Offer.Digest}}"],"sort":{"by":"latency"},"data_collection":"deny"}
            """);
        Assert.Equal<Address>([Samples.Node(1)], read.Order);
        Assert.Equal<Address>([Samples.Node(1), Samples.Node(2)], read.Only);
        Assert.Equal<Address>([Samples.Node(3)], read.Ignore);
        Assert.False(read.AllowFallbacks);
        Assert.True(read.RequireParameters);
        Assert.Equal(new PriceCap(new(2), new(6), new(10), new(1_000_000)), read.MaxPrice);
        Assert.Equal<string>(["int4", "fp16"], read.Quantizations);
        Assert.Equal<ModelDigest>([Offer.Digest], read.Digests);
        Assert.Equal(RoutingSort.Latency, read.Sort);
        Assert.True(read.DenyDataCollection);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"order":null,"sort":null}""")]
    public void Nothing_wished_is_no_wish(string json) => Assert.True(Read(json) == RoutingPreferences.None || Read(json).Order.IsEmpty);

    [Theory]
    [InlineData("[]", "provider")]
    [InlineData("""{"order":"me"}""", "provider.order")]
    [InlineData("""{"order":["me"]}""", "provider.order[0]")]
    [InlineData("""{"only":[1]}""", "provider.only[0]")]
    [InlineData("""{"allow_fallbacks":"no"}""", "provider.allow_fallbacks")]
    [InlineData("""{"sort":"beauty"}""", "provider.sort")]
    [InlineData("""{"data_collection":true}""", "provider.data_collection")]
    [InlineData("""{"max_price":3}""", "provider.max_price")]
    [InlineData("""{"max_price":{"prompt":-1}}""", "provider.max_price.prompt")]
    [InlineData("""{"max_price":{"prompt":1e400}}""", "provider.max_price.prompt")]
    [InlineData("""{"max_price":{"audio":1}}""", "provider.max_price.audio")]
    [InlineData("""{"quantizations":["4 bits"]}""", "provider.quantizations[0]")]
    [InlineData("""{"digests":["0x12"]}""", "provider.digests[0]")]
    [InlineData("""{"colour":"red"}""", "provider.colour")]
    public void What_cannot_be_read_is_refused_by_its_name(string json, string field) =>
        Assert.Equal(field, Assert.Throws<PreferencesException>(() => Read(json)).Field);

    [Fact]
    public void A_list_is_bounded() => Assert.Equal(
        "provider.ignore", Assert.Throws<PreferencesException>(() => Read($$"""{"ignore":[{{string.Join(',', Enumerable.Repeat("\"x\"", 65))}}]}""")).Field);

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"only":["N1"]}""", true)]
    [InlineData("""{"only":["N2"]}""", false)]
    [InlineData("""{"ignore":["N1"]}""", false)]
    [InlineData("""{"order":["N2"]}""", true)]
    [InlineData("""{"order":["N2"],"allow_fallbacks":false}""", false)]
    [InlineData("""{"quantizations":["int4"]}""", true)]
    [InlineData("""{"quantizations":["fp16"]}""", false)]
    [InlineData("""{"digests":["0x1111111111111111111111111111111111111111111111111111111111111111"]}""", false)]
    [InlineData("""{"data_collection":"deny"}""", false)]
    [InlineData("""{"data_collection":"allow"}""", true)]
    [InlineData("""{"max_price":{"completion":6.6}}""", false)]
    [InlineData("""{"max_price":{"completion":7}}""", true)]
    [InlineData("""{"max_price":{"request":0.00001}}""", false)]
    [InlineData("""{"max_price":{"request":0.000011}}""", true)]
    public void A_filter_lets_pass_what_it_names_and_counts_the_gateways_margin(string json, bool passes) => Assert.Equal(
        passes,
        Read(json.Replace("N1", Samples.Node(1).ToString(), StringComparison.Ordinal).Replace("N2", Samples.Node(2).ToString(), StringComparison.Ordinal))
            .Admits(Samples.Node(1), Offer, 1_000));

    [Fact]
    public void A_node_that_keeps_nothing_passes_the_strictest_filter() =>
        Assert.True(Read("""{"zdr":true}""").Admits(Samples.Node(1), Offer with { Retention = ModelOffer.RetainsNothing }, 0));

    [Fact]
    public void Who_wants_verified_builds_gets_none_that_a_node_only_claims()
    {
        var strict = Read("""{"verified":true}""");

        Assert.True(strict.IsFilter);
        Assert.False(strict.Admits(Samples.Node(1), Offer, 0));
        Assert.True(strict.Admits(Samples.Node(1), Offer, 0, isVerified: true));
        Assert.False(Read("""{"verified":false}""").IsFilter);
    }

    private static RoutingPreferences Read(string json) => RoutingPreferences.Parse(JsonDocument.Parse(json).RootElement);
}
