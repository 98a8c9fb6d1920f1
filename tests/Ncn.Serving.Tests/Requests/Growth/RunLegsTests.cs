using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;
using Ncn.Serving.Requests.Growth;

namespace Ncn.Serving.Tests.Requests.Growth;

/// <summary>Where one leg ends and the next begins.</summary>
public sealed class RunLegsTests
{
    private readonly RunLegs _legs = new(new RunPlan(
        new RequestId(Keccak256.Of([1])), "tiny-chat", new Input { Generate = new GenerateInput { Prompt = "count", MaxTokens = 10 } }, new Usage(5, 10, 0), 42,
        DateTimeOffset.UnixEpoch));

    [Fact]
    public void A_leg_goes_on_after_the_tokens_of_those_before_it()
    {
        Run(asked: 4, "length", 1, 2, 3, 4);
        var plan = _legs.Next(3);
        Assert.False(_legs.IsOver);
        Assert.Equal([1, 2, 3, 4], plan.Input.Generate.CommittedTokens);
        Assert.Equal((7u, 3u, 64u, 42ul), (plan.Input.Generate.MaxTokens, plan.Limit.CompletionTokens, plan.FirstAttempt, plan.Seed));
        Assert.Equal(6u, _legs.Rest.CompletionTokens);
    }

    [Theory]
    [InlineData("stop", 4, true)]
    [InlineData("cancelled", 4, true)]
    [InlineData("length", 4, false)]
    [InlineData("length", 5, true)]
    public void An_answer_is_over_when_it_ends_by_itself_or_is_shorter_than_was_asked_for(string reason, uint asked, bool isOver)
    {
        Run(asked, reason, 1, 2, 3, 4);
        Assert.Equal(isOver, _legs.IsOver);
    }

    [Fact]
    public void An_answer_is_over_when_all_tokens_have_come()
    {
        Run(asked: 10, "length", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        Assert.True(_legs.IsOver);
    }

    [Fact]
    public void Text_without_a_token_waits_for_the_end_and_goes_when_a_token_follows()
    {
        Run(asked: 2, "length", 1, 2);
        Assert.Null(_legs.Add(Text("held")));
        _legs.Next(2);
        Assert.NotNull(_legs.Add(Text("held and more", 3)));
        Assert.Null(_legs.Add(Text("kept")));
        _legs.Break();
        Assert.True(_legs.IsOver);
        var last = _legs.End().ToArray();
        Assert.Equal("kept", Assert.IsType<RunPart.Text>(last[0]).Content);
        Assert.Equal(2u, Assert.IsType<RunPart.Finished>(last[1]).CompletionTokens);
    }

    private void Run(uint asked, string reason, params int[] tokens)
    {
        _legs.Next(asked);
        Assert.All(tokens, token => Assert.NotNull(_legs.Add(Text("x", token))));
        Assert.Null(_legs.Add(new RunPart.Finished(null!, null!, reason, 5, (uint)tokens.Length, 0, 1)));
    }

    private static RunPart.Text Text(string content, params int[] tokens) => new(tokens, content, 0);
}
