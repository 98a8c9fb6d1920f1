using Ncn.Inference.Generation;

namespace Ncn.Inference.Tests.Generation;

public sealed class CompletionProgressTests
{
    [Fact]
    public void The_end_token_ends_and_is_not_counted()
    {
        var progress = Start(new GenerationRequest { Prompt = new[] { 1 }, MaxTokens = 9 });
        Assert.Equal("a", progress.Accept('a'));
        Assert.Equal("", progress.Accept(EndToken));
        Assert.Equal((FinishReason.Stop, 1), (progress.Finish, progress.Count));
    }

    [Fact]
    public void The_length_limit_ends_with_its_last_token_and_frees_held_text()
    {
        var progress = Start(new GenerationRequest { Prompt = new[] { 1 }, MaxTokens = 2, Stop = ["bc"] });
        Assert.Equal("a", progress.Accept('a'));
        Assert.Null(progress.Finish);
        Assert.Equal("", progress.Accept('b'));
        Assert.Equal((FinishReason.Length, "b"), (progress.Finish, progress.Rest()));
    }

    [Fact]
    public void A_stop_string_over_two_tokens_ends_and_is_never_shown()
    {
        var progress = Start(new GenerationRequest { Prompt = new[] { 1 }, MaxTokens = 9, Stop = ["bc"] });
        Assert.Equal("a", progress.Accept('a') + progress.Accept('b') + progress.Accept('c') + progress.Rest());
        Assert.Equal((FinishReason.Stop, 3), (progress.Finish, progress.Count));
    }

    [Fact]
    public void The_callers_stop_tokens_end_as_the_models_do()
    {
        var progress = Start(new GenerationRequest { Prompt = new[] { 1 }, MaxTokens = 9, StopTokens = ['z'] });
        progress.Accept('z');
        Assert.Equal(FinishReason.Stop, progress.Finish);
    }

    [Theory]
    [InlineData(0, 1, 0, "empty")]
    [InlineData(1, 0, 0, "max_tokens")]
    [InlineData(1, 2, 3, "committed")]
    public void Requests_that_cannot_be_are_refused(int prompt, int maxTokens, int committed, string word)
    {
        var request = new GenerationRequest { Prompt = new int[prompt], MaxTokens = maxTokens, Committed = new int[committed] };
        InferenceException problem = Assert.IsType<InferenceException>(request.Problem(100, 10));
        Assert.Contains(word, problem.Message, StringComparison.Ordinal);
        Assert.Equal(InferenceFault.InvalidRequest, problem.Fault);
    }

    [Fact]
    public void Tokens_outside_the_vocabulary_are_refused() =>
        Assert.NotNull(new GenerationRequest { Prompt = new[] { 10 }, MaxTokens = 1 }.Problem(100, 10));

    [Fact]
    public void Prompt_and_answer_must_fit_the_context()
    {
        var request = new GenerationRequest { Prompt = new[] { 1, 2 }, MaxTokens = 9 };
        Assert.Null(request.Problem(11, 10));
        Assert.Equal(InferenceFault.ContextTooLong, request.Problem(10, 10)?.Fault);
    }

    private const int EndToken = 3;

    private static CompletionProgress Start(GenerationRequest request) =>
        new(request, [EndToken], tokens => string.Concat(tokens.ToArray().Select(token => (char)token)));
}
