using Google.Protobuf;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Validator.Duty.Probes;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Duty.Probes;

/// <summary>What is learned of others' requests, and what is made of it.</summary>
public sealed class ProbeShapeTests
{
    private const string Messages = """[{"role":"system","content":"You are brief."},{"role":"user","content":"A secret of mine that nobody else may ever read, please."}]""";

    [Fact]
    public void A_request_has_the_recorded_form_and_none_of_the_recorded_words()
    {
        var shape = ProbeShape.Of(Evidence(new Input { Generate = new GenerateInput { MessagesJson = Messages, MaxTokens = 24, Temperature = 0.7f, TopP = 0.9f } }))!;
        var (one, other) = (shape.Write("tiny-chat", Sample.Word(1)), shape.Write("tiny-chat", Sample.Word(2)));

        Assert.Equal(["system", "user"], one.Messages.Select(static message => message.Role));
        Assert.All(one.Messages.Zip(shape.Turns), static pair => Assert.InRange(pair.First.Content.Length, pair.Second.Length - 14, pair.Second.Length));
        Assert.Equal((24, 0.7, 0.9), (one.MaxTokens, one.Temperature, one.TopP));
        Assert.DoesNotContain("secret", string.Concat(one.Messages.Select(static message => message.Content)), StringComparison.Ordinal);
        Assert.Equal(one.Messages, shape.Write("tiny-chat", Sample.Word(1)).Messages);
        Assert.NotEqual(one.Messages, other.Messages);
    }

    [Fact]
    public void What_this_client_cannot_ask_for_is_no_shape()
    {
        var plain = new GenerateInput { MessagesJson = Messages, MaxTokens = 24 };
        Assert.NotNull(ProbeShape.Of(Evidence(new Input { Generate = plain })));
        Assert.Null(ProbeShape.Of(Evidence(new Input { Generate = plain }) with { IsSealed = true }));
        Assert.Null(ProbeShape.Of(Evidence(new Input { Generate = new GenerateInput(plain) { JsonSchema = "{}" } })));
        Assert.Null(ProbeShape.Of(Evidence(new Input { Generate = new GenerateInput { Prompt = "once", MaxTokens = 24 } })));
        Assert.Null(ProbeShape.Of(Evidence(new Input { Generate = new GenerateInput(plain) { MessagesJson = "[{\"role\":" } })));
        Assert.Null(ProbeShape.Of(Evidence(new Input { Generate = new GenerateInput(plain) { MessagesJson = """[{"role":"user","content":["picture"]}]""" } })));
        Assert.Null(ProbeShape.Of(Evidence(new Input { Embed = new EmbedInput() })));
        Assert.Null(ProbeShape.Of(Evidence(new Input()) with { Input = [0xFF, 0xFF] }));
    }

    // A gateway shows what it likes, before anybody has checked it: reading it for its form must never keep a validator from judging it.
    [Theory]
    [InlineData(float.NaN, 0)]
    [InlineData(float.PositiveInfinity, 0)]
    [InlineData(1e30f, 0)]
    [InlineData(0, float.NaN)]
    [InlineData(0, -1)]
    public void Numbers_that_no_client_sends_are_no_shape(float temperature, float topP) =>
        Assert.Null(ProbeShape.Of(Evidence(new Input { Generate = new GenerateInput { MessagesJson = Messages, MaxTokens = 24, Temperature = temperature, TopP = topP } })));

    [Theory]
    [InlineData("role")]
    [InlineData("content")]
    public void Half_a_character_is_no_shape(string where) => Assert.Null(ProbeShape.Of(Evidence(new Input
    {
        Generate = new GenerateInput { MessagesJson = "[{\"role\":\"user\",\"content\":\"x\"}]".Replace($"\"{where}\":\"", $"\"{where}\":\"\\ud800", StringComparison.Ordinal), MaxTokens = 24 },
    })));

    [Fact]
    public void The_newest_shapes_are_known_beside_the_seeds_and_no_more_than_some()
    {
        var shapes = new ProbeShapes();
        var seeds = shapes.All.Count;
        for (uint number = 1; number <= 100; number++)
        {
            shapes.Learn(Evidence(new Input { Generate = new GenerateInput { MessagesJson = Messages, MaxTokens = number } }));
        }

        Assert.True(seeds >= 8);
        Assert.Equal(seeds + 64, shapes.All.Count);
        Assert.Equal(100, shapes.All[^1].MaxTokens);
        Assert.All(ProbeShape.Seeds, static shape => Assert.All(shape.Write("m", Sample.Word(5)).Messages, static message => Assert.False(string.IsNullOrWhiteSpace(message.Content))));
    }

    private static ReceiptEvidence Evidence(Input input) => new(
        0, new(new InferenceJob(default, 0, default, default, default, default, 0, default, 0), default), new(new Receipt(default, 0, default, default, new ModelDigest(Sample.Word(8)), default, default, 0, 0, 0, default, default, default, default, 0, 0), default), false, input.ToByteArray(), [], []);
}
