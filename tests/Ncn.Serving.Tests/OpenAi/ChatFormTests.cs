using System.Text.Json;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using static Ncn.Serving.Tests.OpenAi.AnswerParts;

namespace Ncn.Serving.Tests.OpenAi;

/// <summary>The answers of chat completions, member by member as OpenAI's clients read them.</summary>
public sealed class ChatFormTests
{
    private const string Tools = """,{"type":"function","function":{"name":"add"}}],"tool_choice":""";
    private readonly ChatForm _form = new();

    [Fact]
    public void A_whole_answer_has_text_usage_cost_and_evidence()
    {
        var answer = Whole(_form, Body(), Text("Hello "), Text("you"), End());
        Assert.Equal(("chat.completion", "chatcmpl-" + new string('3', 64), 1_790_000_000), (Str(answer, "object"), Str(answer, "id"), answer.GetProperty("created").GetInt64()));
        Assert.Equal(("m", "ncn_" + new string('a', 16)), (Str(answer, "model"), Str(answer, "system_fingerprint")));
        var choice = answer.GetProperty("choices").EnumerateArray().Single();
        Assert.Equal("""{"role":"assistant","content":"Hello you","refusal":null}""", choice.GetProperty("message").GetRawText());
        Assert.Equal("""{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16,"cost":"75"}""", answer.GetProperty("usage").GetRawText());
        Assert.Equal(("stop", JsonValueKind.Null), (Str(choice, "finish_reason"), choice.GetProperty("logprobs").ValueKind));
        Assert.Equal(("75", 1), (Str(answer.GetProperty("ncn"), "cost"), answer.GetProperty("ncn").GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public void A_stream_tells_the_role_first_and_usage_last()
    {
        var chunks = Stream(_form, Body(",\"stream\":true"), Text("Hello "), Text(""), Text("you"), End(reason: "length"));
        Assert.Equal(
            ["""{"role":"assistant","content":""}""", """{"content":"Hello "}""", """{"content":"you"}""", "{}"],
            chunks.Select(static chunk => chunk.GetProperty("choices")[0].GetProperty("delta").GetRawText()));
        Assert.All(chunks, static chunk => Assert.Equal("chat.completion.chunk", Str(chunk, "object")));
        Assert.All(chunks.SkipLast(1), static chunk => Assert.False(chunk.TryGetProperty("usage", out _)));
        Assert.Equal(("length", 16), (Str(chunks[^1].GetProperty("choices")[0], "finish_reason"), chunks[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32()));
        Assert.True(chunks[^1].TryGetProperty("ncn", out _));
    }

    [Fact]
    public void Usage_that_was_asked_for_is_null_until_its_own_chunk()
    {
        var chunks = Stream(_form, Body(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"), Text("Hi"), End());
        Assert.All(chunks.SkipLast(1), static chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("usage").ValueKind));
        Assert.Equal("stop", Str(chunks[^2].GetProperty("choices")[0], "finish_reason"));
        Assert.Equal((0, 16), (chunks[^1].GetProperty("choices").GetArrayLength(), chunks[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32()));
    }

    [Fact]
    public void Choices_end_each_for_itself_and_sum_up()
    {
        RunPart[] parts = [Text("a", 1), Text("b"), Text("c", 1), End(1), Text("d"), End()];
        var whole = Whole(_form, Body(",\"n\":2"), parts);
        Assert.Equal(["bd", "ac"], whole.GetProperty("choices").EnumerateArray().Select(static choice => Str(choice.GetProperty("message"), "content")));
        Assert.Equal(32, whole.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal(2, whole.GetProperty("ncn").GetProperty("choices").GetArrayLength());

        var chunks = Stream(_form, Body(",\"n\":2,\"stream\":true"), parts);
        var texts = new string[2];
        foreach (var choice in chunks.SelectMany(static chunk => chunk.GetProperty("choices").EnumerateArray()))
        {
            texts[choice.GetProperty("index").GetInt32()] += choice.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : "";
        }

        Assert.Equal(["bd", "ac"], texts);
        Assert.Equal(2, chunks.Count(static chunk => chunk.GetProperty("choices")[0].GetProperty("finish_reason").ValueKind == JsonValueKind.String));
        Assert.Equal(32, chunks[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public void Calls_of_tools_are_told_with_ids_and_in_pieces()
    {
        var call = "<tool_call>{\"name\":\"add\",\"arguments\":{\"a\":1}}</tool_call>";
        var body = Body(",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"add\"}}]");
        RunPart[] parts = [Text("Well. "), Text(call[..20]), Text(call[20..]), Text("<tool_call>{\"name\":\"add\",\"arguments\":{}}"), End()];
        var choice = Whole(_form, body, parts).GetProperty("choices")[0];
        Assert.Equal(("tool_calls", "Well. "), (Str(choice, "finish_reason"), Str(choice.GetProperty("message"), "content")));
        var calls = choice.GetProperty("message").GetProperty("tool_calls").EnumerateArray().ToArray();
        Assert.Equal("""{"id":"call_33333333333333330000","type":"function","function":{"name":"add","arguments":"{\"a\":1}"}}""", calls[0].GetRawText());
        Assert.Equal("call_33333333333333330001", Str(calls[1], "id"));

        var deltas = Stream(_form, body, parts).Select(static chunk => chunk.GetProperty("choices")[0].GetProperty("delta")).ToArray();
        Assert.Equal(
            [
                """{"role":"assistant","content":""}""",
                """{"content":"Well. "}""",
                """{"tool_calls":[{"index":0,"id":"call_33333333333333330000","type":"function","function":{"name":"add","arguments":""}}]}""",
                """{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}""",
                """{"tool_calls":[{"index":1,"id":"call_33333333333333330001","type":"function","function":{"name":"add","arguments":""}}]}""",
                """{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}""",
                "{}",
            ],
            deltas.Select(static delta => delta.GetRawText()));
    }

    [Fact]
    public void A_forced_call_has_no_content()
    {
        var body = Body(",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"sub\"}}" + Tools + "{\"type\":\"function\",\"function\":{\"name\":\"add\"}}");
        RunPart[] parts = [Text("{\"a\""), Text(":1}"), End()];
        var message = Whole(_form, body, parts).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(JsonValueKind.Null, message.GetProperty("content").ValueKind);
        Assert.Equal("{\"a\":1}", Str(message.GetProperty("tool_calls")[0].GetProperty("function"), "arguments"));
        var first = Stream(_form, body, parts)[0].GetProperty("choices")[0].GetProperty("delta");
        Assert.Equal("""{"role":"assistant","content":null}""", first.GetRawText());
    }

    [Fact]
    public void Logprobs_come_with_their_tokens()
    {
        RunPart[] parts = [Text("", 0, ("H", -0.5f)), Text("Hi", 0, ("i", float.NegativeInfinity)), End()];
        var whole = Whole(_form, Body(",\"logprobs\":true,\"top_logprobs\":2"), parts).GetProperty("choices")[0].GetProperty("logprobs");
        Assert.Equal(
            """{"token":"H","logprob":-0.5,"bytes":[72],"top_logprobs":[{"token":"H","logprob":-0.5,"bytes":[72]},{"token":"\uFFFD","logprob":-9999,"bytes":[226,130]}]}""",
            whole.GetProperty("content")[0].GetRawText().Replace("\uFFFD", "\\uFFFD", StringComparison.Ordinal));
        Assert.Equal((2, -9999), (whole.GetProperty("content").GetArrayLength(), whole.GetProperty("content")[1].GetProperty("logprob").GetSingle()));

        var streamed = Stream(_form, Body(",\"logprobs\":true,\"stream\":true"), parts)[1].GetProperty("choices")[0];
        Assert.Equal(("Hi", 2), (Str(streamed.GetProperty("delta"), "content"), streamed.GetProperty("logprobs").GetProperty("content").GetArrayLength()));
    }

    [Fact]
    public void Logprobs_that_nobody_asked_for_are_not_told() =>
        Assert.Equal(JsonValueKind.Null, Whole(_form, Body(), Text("Hi", 0, ("Hi", -1)), End()).GetProperty("choices")[0].GetProperty("logprobs").ValueKind);

    [Fact]
    public void Commitments_come_to_who_asks()
    {
        var signed = Text("Hi") with { Commitment = new ChunkCommitment(default, 0, 15, default, 16, new Signature(new byte[Signature.Size])) };
        var chunks = Stream(_form, Body(",\"stream\":true,\"ncn\":{\"commitments\":true}"), signed, Text("") with { Commitment = signed.Commitment }, End());
        Assert.Equal(16, chunks[1].GetProperty("ncn").GetProperty("commitment").GetProperty("tokens").GetInt32());
        Assert.Equal("{}", chunks[2].GetProperty("choices")[0].GetProperty("delta").GetRawText());
        Assert.True(chunks[2].TryGetProperty("ncn", out _));
        Assert.DoesNotContain(Stream(_form, Body(), signed, End()).SkipLast(1), static chunk => chunk.TryGetProperty("ncn", out _));
    }

    [Fact]
    public void A_kept_answer_streams_again_with_all_that_it_has()
    {
        var tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"add\"}}],\"n\":2,\"logprobs\":true,\"stream\":true";
        var chunks = Replay(
            _form, Body(tools), Body(tools + ",\"stream_options\":{\"include_usage\":true}"), Text("Hi", 0, ("Hi", -1)), Text("{\"name\":\"add\",\"arguments\":{}}", 1), End(1), End());
        Assert.Equal(5, chunks.Count);
        Assert.Equal("""{"role":"assistant","content":"Hi"}""", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetRawText());
        Assert.Equal(1, chunks[0].GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content").GetArrayLength());
        Assert.Equal(0, chunks[2].GetProperty("choices")[0].GetProperty("delta").GetProperty("tool_calls")[0].GetProperty("index").GetInt32());
        Assert.Equal("tool_calls", Str(chunks[3].GetProperty("choices")[0], "finish_reason"));
        Assert.Equal((0, 32), (chunks[4].GetProperty("choices").GetArrayLength(), chunks[4].GetProperty("usage").GetProperty("total_tokens").GetInt32()));
        Assert.Equal(32, Replay(_form, Body(), Body(",\"stream\":true"), Text("Hi"), End())[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32() * 2);
    }

    [Fact]
    public void A_failure_has_OpenAIs_shape_whole_and_in_a_stream()
    {
        var error = ApiError.BadRequest("invalid_value", "n is \"nine\".", "n");
        const string Expected = """{"error":{"message":"n is \"nine\".","type":"invalid_request_error","param":"n","code":"invalid_value"}}""";
        Assert.Equal(Expected, _form.Error(error));
        Assert.Equal(Expected, JsonSerializer.Deserialize<JsonElement>(_form.Stream(Context(Body())).Fail(error).Single().Data.Span).GetRawText());
    }

    private static string Body(string more = "") => """{"model":"m","messages":[{"role":"user","content":"hi"}]""" + more + "}";

    private static string Str(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
