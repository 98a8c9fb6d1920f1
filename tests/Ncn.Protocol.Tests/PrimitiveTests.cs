using System.Text.Json;

namespace Ncn.Protocol.Tests;

public sealed class PrimitiveTests
{
    [Theory]
    [InlineData("0x70997970c51812dc3a010c7d01b50e0d17dc79c8", true)]
    [InlineData("70997970c51812dc3a010c7d01b50e0d17dc79c8", false)]
    [InlineData("0x70997970c51812dc3a010c7d01b50e0d17dc79", false)]
    [InlineData("0x70997970c51812dc3a010c7d01b50e0d17dc79zz", false)]
    [InlineData(null, false)]
    public void Addresses_are_parsed_strictly(string? text, bool valid) => Assert.Equal(valid, Address.TryParse(text, out _));

    [Theory]
    [InlineData("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("fB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [InlineData("dbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [InlineData("D1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    public void Addresses_are_written_as_EIP_55_says(string text) => Assert.Equal("0x" + text, Address.Parse("0x" + text.ToLowerInvariant()).ToString());

    [Theory]
    [InlineData("0", true)]
    [InlineData("340282366920938463463374607431768211455", true)]
    [InlineData("340282366920938463463374607431768211456", false)]
    [InlineData("-1", false)]
    [InlineData("1.5", false)]
    [InlineData(" 1", false)]
    [InlineData("", false)]
    public void Amounts_are_whole_and_unsigned(string text, bool valid) => Assert.Equal(valid, TokenAmount.TryParse(text, out _));

    [Fact]
    public void Amounts_never_wrap()
    {
        var most = new TokenAmount(UInt128.MaxValue);
        Assert.Throws<OverflowException>(() => most + new TokenAmount(1));
        Assert.Throws<OverflowException>(() => TokenAmount.Zero - new TokenAmount(1));
        Assert.Throws<OverflowException>(() => most * 2);
        Assert.Equal(TokenAmount.Zero, TokenAmount.SubtractOrZero(new TokenAmount(1), most));
    }

    [Fact]
    public void Values_survive_json_also_as_keys()
    {
        var channel = ChannelId.Parse("0x" + new string('a', 64));
        var map = new Dictionary<ChannelId, TokenAmount> { [channel] = new(12) };
        var json = JsonSerializer.Serialize(map, ProtocolJson.Options);
        Assert.Equal(map, JsonSerializer.Deserialize<Dictionary<ChannelId, TokenAmount>>(json, ProtocolJson.Options));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TokenAmount>("12", ProtocolJson.Options));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ChannelId>("\"0x12\"", ProtocolJson.Options));
    }

    [Theory]
    [InlineData("\"0X00000000000000000000000000000000000000AA\"", true)]
    [InlineData("\"0x00000000000000000000000000000000000000\\u0061a\"", true)]
    [InlineData("\"0x00000000000000000000000000000000000000ag\"", false)]
    [InlineData("\"1x00000000000000000000000000000000000000aa\"", false)]
    [InlineData("\"0x00000000000000000000000000000000000000a\"", false)]
    [InlineData("\"\"", false)]
    [InlineData("null", false)]
    public void Addresses_are_read_from_json_of_any_case_and_escaping(string json, bool isRead)
    {
        var expected = Address.Parse("0x00000000000000000000000000000000000000aa");
        Action read = () => Assert.Equal(expected, JsonSerializer.Deserialize<Address>(json, ProtocolJson.Options));
        if (isRead)
        {
            read();
        }
        else
        {
            Assert.Throws<JsonException>(read);
        }
    }

    [Fact]
    public void Thousands_of_addresses_written_twice_are_each_their_own()
    {
        var random = new Random(5);
        var addresses = Enumerable.Range(0, 5_000).Select(_ =>
        {
            var bytes = new byte[Address.Size];
            random.NextBytes(bytes);
            return new Address(bytes);
        }).ToArray();
        foreach (var address in addresses.Concat(addresses.Reverse()))
        {
            Assert.Equal(address, Address.Parse(address.ToString()));
        }

        Assert.Equal("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", Address.Parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed").ToString());
    }

    [Fact]
    public void The_rolling_hash_depends_on_request_attempt_order_and_content()
    {
        var request = new RequestId(Hash32.Parse("0x" + new string('1', 64)));
        var heads = new[]
        {
            Run(request, 0, ([1, 2], "ab"u8.ToArray())),
            Run(request, 1, ([1, 2], "ab"u8.ToArray())),
            Run(default, 0, ([1, 2], "ab"u8.ToArray())),
            Run(request, 0, ([2, 1], "ab"u8.ToArray())),
            Run(request, 0, ([1], "a"u8.ToArray()), ([2], "b"u8.ToArray())),
            Run(request, 0, ([1, 2], "ab"u8.ToArray()), ([], [])),
        };
        Assert.Equal(heads.Length, heads.Distinct().Count());
        Assert.Equal(heads[0], Run(request, 0, ([1, 2], "ab"u8.ToArray())));
    }

    private static Hash32 Run(RequestId request, uint attempt, params (int[] Tokens, byte[] Text)[] chunks)
    {
        var rolling = new RollingOutputHash(request, attempt);
        foreach (var (tokens, text) in chunks)
        {
            rolling.Append(tokens, text);
        }

        return rolling.Value;
    }
}
