using System.Text;
using System.Text.Json;
using Ncn.LocalRuntime.PubSub;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.Tests.State;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("""[{"key":"\ud800","value":1}]""")]
    [InlineData("""{"\uDC00":1}""")]
    [InlineData("""["\ud83dx"]""")]
    public void Half_a_surrogate_pair_is_found(string body) => Assert.Throws<JsonException>(() => JsonText.Check(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Bytes_that_are_no_utf8_are_found() => Assert.Throws<JsonException>(static () => JsonText.Check([(byte)'"', 0xC3, 0x28, (byte)'"']));

    [Theory]
    [InlineData("""{"key":"\ud83d\ude00"}""")]
    [InlineData("""{"key":"\\ud800"}""")]
    [InlineData("")]
    public void Whole_characters_pass(string body) => JsonText.Check(Encoding.UTF8.GetBytes(body));

    [Fact]
    public void An_event_with_half_a_surrogate_pair_is_the_publishers_mistake() => Assert.Throws<FormatException>(static () => CloudEvent.Wrap(
        new EventOrigin("1", "app", "pubsub", "topic", null, null), "application/json", """["\ud800"]"""u8.ToArray(), new Dictionary<string, string>()));
}
