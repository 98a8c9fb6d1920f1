using System.Text;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using static Ncn.Serving.Tests.OpenAi.AnswerParts;

namespace Ncn.Serving.Tests.OpenAi;

/// <summary>Completions of plain text: what may be asked, and what the answers look like.</summary>
public sealed class CompletionTests
{
    private readonly CompletionForm _form = new();

    [Fact]
    public void Every_prompt_is_completed_as_often_as_asked()
    {
        var request = Parse("""{"model":"m","prompt":["one",[7,8,9]],"n":2,"max_tokens":5,"temperature":0.5,"logprobs":3,"stop":["a"],"seed":4,"best_of":2}""");
        var inputs = request.ToInputs().Select(static input => input.Generate).ToArray();
        Assert.Equal(["one", "one", "", ""], inputs.Select(static generate => generate.Prompt));
        Assert.Equal([7, 8, 9], inputs[3].PromptTokens);
        Assert.Equal((5u, 0.5f, true, 3u, ""), (inputs[0].MaxTokens, inputs[0].Temperature, inputs[0].Logprobs, inputs[0].TopLogprobs, inputs[0].MessagesJson));
        Assert.True(request.Limit.PromptTokens >= 3);
    }

    [Fact]
    public void A_text_and_an_array_of_token_ids_are_one_prompt() =>
        Assert.Equal((1, 1, 16u), (Parse("""{"model":"m","prompt":"x"}""").Choices, Parse("""{"model":"m","prompt":[1,2]}""").Choices, Parse("""{"model":"m","prompt":"x"}""").Limit.CompletionTokens));

    [Theory]
    [InlineData("", "prompt", "missing_required_parameter")]
    [InlineData("\"prompt\":5", "prompt", "invalid_type")]
    [InlineData("\"prompt\":[]", "prompt", "invalid_value")]
    [InlineData("\"prompt\":\"\"", "prompt", "invalid_value")]
    [InlineData("\"prompt\":[true]", "prompt", "invalid_type")]
    [InlineData("\"prompt\":[[1,-2]]", "prompt", "invalid_type")]
    [InlineData("\"prompt\":[[]]", "prompt", "invalid_value")]
    [InlineData("\"prompt\":\"x\",\"echo\":true", "echo", "unsupported_parameter")]
    [InlineData("\"prompt\":\"x\",\"suffix\":\"y\"", "suffix", "unsupported_parameter")]
    [InlineData("\"prompt\":\"x\",\"best_of\":3", "best_of", "unsupported_value")]
    [InlineData("\"prompt\":\"x\",\"logprobs\":6", "logprobs", "invalid_value")]
    [InlineData("\"prompt\":\"x\",\"n\":9", "n", "invalid_value")]
    [InlineData("\"prompt\":[\"1\",\"2\",\"3\"],\"n\":8", "n", "invalid_value")]
    public void What_is_wrong_is_named(string members, string parameter, string code)
    {
        var error = Assert.Throws<ApiException>(() => Parse($"{{\"model\":\"m\"{(members.Length > 0 ? "," : "")}{members}}}")).Error;
        Assert.Equal((parameter, code), (error.Parameter, error.Code));
    }

    [Fact]
    public void A_body_that_was_read_is_not_read_again()
    {
        const string body = """{"model":"m","prompt":"x","logprobs":1,"stream_options":{"include_usage":true},"stream":true}""";
        RunPart[] parts = [Text("H", 0, ("H", -0.5f)), End()];
        var known = new CompletionContext(Context("no JSON"), Parse(body));
        var answer = _form.Whole(known, parts, Cost);
        Assert.Equal(_form.Whole(Context(body), parts, Cost).Body, answer.Body);
        Assert.Equal(2, _form.Replay(known, answer).Count());
        Assert.NotEmpty(_form.Stream(known)!.Write(parts[0], null));
        Assert.ThrowsAny<Exception>(() => _form.Whole(Context("no JSON"), parts, Cost));
    }

    [Fact]
    public void A_whole_answer_has_texts_and_logprobs_in_parallel_arrays()
    {
        var answer = Whole(_form, """{"model":"m","prompt":"x","logprobs":2}""", Text("Hi", 0, ("H", -0.5f), ("i", -1)), Text("!", 0, ("!", -2)), End());
        Assert.Equal("text_completion", answer.GetProperty("object").GetString());
        Assert.StartsWith("cmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        var choice = answer.GetProperty("choices")[0];
        Assert.Equal(("Hi!", "stop"), (choice.GetProperty("text").GetString(), choice.GetProperty("finish_reason").GetString()));
        var logprobs = choice.GetProperty("logprobs");
        Assert.Equal("""["H","i","!"]""", logprobs.GetProperty("tokens").GetRawText());
        Assert.Equal("[-0.5,-1,-2]", logprobs.GetProperty("token_logprobs").GetRawText());
        Assert.Equal("[0,1,2]", logprobs.GetProperty("text_offset").GetRawText());
        Assert.Equal(-0.5f, logprobs.GetProperty("top_logprobs")[0].GetProperty("H").GetSingle());
    }

    [Fact]
    public void A_stream_ends_with_usage_and_goes_on_where_the_text_is()
    {
        var chunks = Stream(
            _form, """{"model":"m","prompt":["x","y"],"logprobs":0,"stream":true,"stream_options":{"include_usage":true}}""",
            Text("ab", 1, ("ab", -1)), Text("c", 1, ("c", -1)), End(1), Text("d", 0, ("d", -1)), End());
        Assert.Equal(["ab", "c", "", "d", ""], chunks.SkipLast(1).Select(static chunk => chunk.GetProperty("choices")[0].GetProperty("text").GetString()));
        Assert.Equal("[2]", chunks[1].GetProperty("choices")[0].GetProperty("logprobs").GetProperty("text_offset").GetRawText());
        Assert.Equal("[0]", chunks[3].GetProperty("choices")[0].GetProperty("logprobs").GetProperty("text_offset").GetRawText());
        Assert.Equal((0, 32), (chunks[^1].GetProperty("choices").GetArrayLength(), chunks[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32()));
    }

    [Fact]
    public void A_kept_answer_streams_again()
    {
        const string Asked = """{"model":"m","prompt":"x","stream":true}""";
        Assert.Equal("Hi", Assert.Single(Replay(_form, Asked, Asked, Text("Hi"), End())).GetProperty("choices")[0].GetProperty("text").GetString());
        var chunks = Replay(_form, Asked, """{"model":"m","prompt":"x","stream":true,"stream_options":{"include_usage":true}}""", Text("Hi"), End());
        Assert.Equal((2, 0, 16), (chunks.Count, chunks[1].GetProperty("choices").GetArrayLength(), chunks[1].GetProperty("usage").GetProperty("total_tokens").GetInt32()));
    }

    private static CompletionRequest Parse(string body) => CompletionRequest.Parse(Encoding.UTF8.GetBytes(body));
}
