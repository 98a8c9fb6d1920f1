using System.Text;
using System.Text.Json;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Responses;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Responses;

public sealed class ResponseEventsTests
{
    private const string Plain = """{"model":"tiny-chat","input":"Hello"}""";

    private const string WithTool = """
        {"model":"tiny-chat","input":"Weather?","tools":[{"type":"function","name":"weather","parameters":{"type":"object"}}]}
        """;

    [Fact]
    public void A_text_is_told_in_order_and_numbered_without_gaps()
    {
        var events = Told(Plain, "Hel", "lo");
        Assert.Equal(
            [
                "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta",
                "response.output_text.delta",
            ],
            events.Select(static each => each.GetProperty("type").GetString()));
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(static each => each.GetProperty("sequence_number").GetInt32()));
    }

    [Fact]
    public void A_reader_that_comes_back_gets_exactly_the_later_events()
    {
        var context = Context(Plain);
        var all = Told(Plain, "a", "b", "c");
        var later = new LaterEvents(ResponseForm.Events(context), after: 4);
        var rest = ((string[])["a", "b", "c"]).SelectMany(piece => later.Write(Text(piece), null)).Select(Parse).ToArray();
        Assert.Equal(all.Skip(5).Select(static each => each.GetRawText()), rest.Select(static each => each.GetRawText()));
    }

    [Fact]
    public void A_call_of_a_tool_is_an_item_of_its_own()
    {
        var events = Told(WithTool, "Let me see. ", "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Ulm\"}}</tool_call>");
        var calls = events.Where(static each => each.GetProperty("type").GetString() == "response.output_item.added").Select(static each => each.GetProperty("item")).ToArray();
        Assert.Equal(["message", "function_call"], calls.Select(static item => item.GetProperty("type").GetString()));
        Assert.Equal("weather", calls[1].GetProperty("name").GetString());
        var arguments = string.Concat(events.Where(static each => each.GetProperty("type").GetString() == "response.function_call_arguments.delta")
            .Select(static each => each.GetProperty("delta").GetString()));
        Assert.Equal("Ulm", JsonSerializer.Deserialize<JsonElement>(arguments).GetProperty("city").GetString());
    }

    [Fact]
    public void What_the_model_is_asked_is_the_whole_conversation()
    {
        var request = ResponseRequest.Parse(Encoding.UTF8.GetBytes("""
            {"model":"m","instructions":"Be brief.","input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
            {"type":"function_call_output","call_id":"c1","output":"42"}],"tools":[{"type":"function","name":"f"}],"max_output_tokens":7,
            "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}}}}
            """));
        var chat = request.ToChat([ResponseItems.Message("user", "before")], 100);
        using var messages = JsonDocument.Parse(chat.Messages.Json);
        Assert.Equal(["system", "user", "user", "assistant", "tool"], messages.RootElement.EnumerateArray().Select(static each => each.GetProperty("role").GetString()));
        Assert.Equal(7u, chat.Sampling.MaxTokens);
        Assert.NotEmpty(chat.Sampling.JsonSchema);
        Assert.True(chat.Tools.AreOffered);
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "input")]
    [InlineData("""{"model":"m","input":[]}""", "input")]
    [InlineData("""{"model":"m","input":"a","background":true,"store":false}""", "store")]
    [InlineData("""{"model":"m","input":"a","truncation":"often"}""", "truncation")]
    [InlineData("""{"input":"a"}""", "model")]
    public void A_request_that_is_none_is_refused(string body, string parameter) =>
        Assert.Equal(parameter, Assert.Throws<ApiException>(() => ResponseRequest.Parse(Encoding.UTF8.GetBytes(body))).Error.Parameter);

    private static List<JsonElement> Told(string body, params string[] pieces)
    {
        var events = ResponseForm.Events(Context(body));
        return [.. pieces.SelectMany(piece => events.Write(Text(piece), null)).Select(Parse)];
    }

    private static RunPart.Text Text(string piece) => new([1], piece, 1);

    private static JsonElement Parse(StreamEvent told)
    {
        var json = JsonSerializer.Deserialize<JsonElement>(told.Data.Span);
        Assert.Equal(told.Name, json.GetProperty("type").GetString());
        return json;
    }

    private static AnswerContext Context(string body) => new(MemoryGateway.Request('1'), "tiny-chat", 1_790_000_000, Encoding.UTF8.GetBytes(body));
}
