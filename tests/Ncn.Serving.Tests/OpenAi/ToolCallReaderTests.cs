using System.Text;
using System.Text.Json;
using Ncn.Serving.OpenAi.Tools;

namespace Ncn.Serving.Tests.OpenAi;

/// <summary>Every case is read whole and cut into pieces of every size: what is found must not depend on how the text comes.</summary>
public sealed class ToolCallReaderTests
{
    private const string Json = """{"name": "add", "arguments": {"a": [1, "}"], "b": "\"{"}}""";
    private const string Arguments = """{"a": [1, "}"], "b": "\"{"}""";

    [Theory]
    [InlineData("Hermes", "<tool_call>\n" + Json + "\n</tool_call>", "", new[] { "add " + Arguments })]
    [InlineData("Hermes, text before", "Let me see.\n<tool_call>" + Json + "</tool_call>", "Let me see.\n", new[] { "add " + Arguments })]
    [InlineData("Hermes, two", "<tool_call>\n" + Json + "\n</tool_call>\n<tool_call>\n{\"name\":\"sub\",\"arguments\":{}}\n</tool_call>\n", "", new[] { "add " + Arguments, "sub {}" })]
    [InlineData("Hermes, not closed", "<tool_call>" + Json, "", new[] { "add " + Arguments })]
    [InlineData("Llama, bare", """{"name": "add", "parameters": {"a": 1}}""", "", new[] { "add {\"a\": 1}" })]
    [InlineData("Llama, marked", """<|python_tag|>{"name": "add", "parameters": {"a": 1}}""", "", new[] { "add {\"a\": 1}" })]
    [InlineData("Llama, typed", """{"type": "function", "function": "add", "parameters": {"a": 1}}""", "", new[] { "add {\"a\": 1}" })]
    [InlineData("Llama, two", """{"name": "add", "parameters": {}}; {"name": "sub", "parameters": {}}""", "", new[] { "add {}", "sub {}" })]
    [InlineData("Mistral, marked", """[TOOL_CALLS] [{"name": "add", "arguments": {"a": 1}}, {"name": "sub", "arguments": {}}]""", "", new[] { "add {\"a\": 1}", "sub {}" })]
    [InlineData("Mistral, bare", """ [{"name": "add", "arguments": {"a": 1}}]""", "", new[] { "add {\"a\": 1}" })]
    [InlineData("OpenAI's own form", """{"function": {"name": "add", "arguments": "{\"a\":1}"}}""", "", new[] { "add {\"a\":1}" })]
    [InlineData("plain text", "No tool is needed: 1 < 2 [sic].", "No tool is needed: 1 < 2 [sic].", new string[0])]
    [InlineData("JSON that is no call", """{"answer": 46}""", """{"answer": 46}""", new string[0])]
    [InlineData("a tool that was not offered", """{"name": "rm", "arguments": {}} is not there.""", """{"name": "rm", "arguments": {}} is not there.""", new string[0])]
    [InlineData("a mark without a call", "<tool_call>none</tool_call>", "<tool_call>none</tool_call>", new string[0])]
    [InlineData("a call that was cut off", """<tool_call>{"name": "add", "argu""", """<tool_call>{"name": "add", "argu""", new string[0])]
    [InlineData("a beginning of a mark", "x <tool", "x <tool", new string[0])]
    [InlineData("JSON within text", """So: {"name": "add", "arguments": {}}""", """So: {"name": "add", "arguments": {}}""", new string[0])]
    [InlineData("white space", " \n", " \n", new string[0])]
    public void Calls_are_found_in_every_familys_form(string form, string output, string text, string[] calls)
    {
        for (var size = 1; size <= output.Length; size++)
        {
            var (found, told) = Read(output.Chunk(size).Select(static piece => new string(piece)), "auto");
            Assert.True(text == found, $"{form}, in pieces of {size}: {found}");
            Assert.Equal(calls, told);
        }
    }

    [Fact]
    public void Text_is_not_held_back()
    {
        var reader = Tools("auto").NewReader();
        var parts = new List<ToolPart>();
        reader.Push("Hello <", parts);
        Assert.Equal([new ToolPart.Text("Hello ")], parts);
        reader.Push("b>", parts);
        Assert.Equal(new ToolPart.Text("<b>"), parts[^1]);
    }

    [Fact]
    public void Json_that_cannot_become_a_call_is_let_go_at_once()
    {
        var reader = Tools("auto").NewReader();
        var parts = new List<ToolPart>();
        reader.Push("{\"ans", parts);
        Assert.Equal([new ToolPart.Text("{\"ans")], parts);
    }

    [Fact]
    public void A_named_tools_output_is_its_arguments()
    {
        var reader = Tools("""{"type":"function","function":{"name":"sub"}}""").NewReader();
        var parts = new List<ToolPart>();
        reader.Push("{\"a\":", parts);
        reader.Push("1}", parts);
        reader.Finish(parts);
        Assert.Equal([new ToolPart.Call(0, "sub"), new ToolPart.Arguments(0, "{\"a\":"), new ToolPart.Arguments(0, "1}")], parts);
    }

    [Fact]
    public void Without_parallel_calls_the_first_one_counts() => Assert.Equal(
        ["add {}"], Read(["[{\"name\":\"add\",\"arguments\":{}},{\"name\":\"sub\",\"arguments\":{}}]"], "auto", ",\"parallel_tool_calls\":false").Calls);

    private static (string Text, IReadOnlyList<string> Calls) Read(IEnumerable<string> pieces, string choice, string more = "")
    {
        var reader = Tools(choice, more).NewReader();
        var parts = new List<ToolPart>();
        foreach (var piece in pieces)
        {
            reader.Push(piece, parts);
        }

        reader.Finish(parts);
        var text = new StringBuilder();
        var calls = new List<string>();
        foreach (var part in parts)
        {
            switch (part)
            {
                case ToolPart.Text said:
                    text.Append(said.Content);
                    break;
                case ToolPart.Call call:
                    Assert.Equal(calls.Count, call.Index);
                    calls.Add(call.Name + " ");
                    break;
                case ToolPart.Arguments arguments:
                    calls[arguments.Index] += arguments.Delta;
                    break;
            }
        }

        return (text.ToString(), calls);
    }

    private static ToolSet Tools(string choice, string more = "")
    {
        var quoted = choice.StartsWith('{') ? choice : $"\"{choice}\"";
        using var body = JsonDocument.Parse(
            """{"tools":[{"type":"function","function":{"name":"add"}},{"type":"function","function":{"name":"sub"}}],"tool_choice":""" + quoted + more + "}");
        return ToolSet.Parse(body.RootElement);
    }
}
