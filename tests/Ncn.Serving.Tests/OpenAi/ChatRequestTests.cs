using System.Text;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;

namespace Ncn.Serving.Tests.OpenAi;

public sealed class ChatRequestTests
{
    [Fact]
    public void A_full_request_is_read()
    {
        var request = Parse("""
            {"model":"tiny-chat","messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"12+"},{"type":"text","text":"30="}]}],
             "max_tokens":20,"temperature":0.5,"top_p":0.9,"stop":"\n","seed":-1,"stream":true,"stream_options":{"include_usage":true},"unknown":{"a":[1]}}
            """);
        Assert.Equal(("tiny-chat", 20u, 0.5f, true, true), (request.Model, request.Sampling.MaxTokens, request.Sampling.Temperature, request.Stream, request.IncludeUsage));
        Assert.Equal("""[{"role":"system","content":"Be brief."},{"role":"user","content":"12+30="}]""", request.Messages.Json);
        Assert.Equal(ulong.MaxValue, request.Sampling.Seed);
        Assert.Equal(["\n"], request.Sampling.Stop);
        Assert.Equal(20u, request.Limit.CompletionTokens);
        Assert.True(request.Limit.PromptTokens >= "systemBe brief.user12+30=".Length);
    }

    [Fact]
    public void Defaults_are_greedy_and_bounded()
    {
        var request = Parse("""{"model":"m","messages":[{"role":"user","content":"hi"}]}""");
        Assert.Equal((256u, 0f, 1f, false), (request.Sampling.MaxTokens, request.Sampling.Temperature, request.Sampling.TopP, request.Stream));
        Assert.Null(request.Sampling.Seed);
    }

    [Fact]
    public void Every_sampling_option_and_the_schema_reach_the_node()
    {
        var generate = Parse("""
            {"model":"m","messages":[{"role":"user","content":"hi"}],"top_k":40,"min_p":0.25,"repetition_penalty":1.5,"presence_penalty":-2,"frequency_penalty":0.5,
             "logit_bias":{"7":-100,"1019":2.5},"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type": "integer"}}}}
            """).ToInput().Generate;
        Assert.Equal((40u, 0.25f, 1.5f, -2f, 0.5f), (generate.TopK, generate.MinP, generate.RepetitionPenalty, generate.PresencePenalty, generate.FrequencyPenalty));
        Assert.Equal([(7, -100f), (1019, 2.5f)], generate.LogitBias.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)));
        Assert.Equal("""{"type": "integer"}""", generate.JsonSchema);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(",\"response_format\":null", "")]
    [InlineData(",\"response_format\":{\"type\":\"text\"}", "")]
    [InlineData(",\"response_format\":{\"type\":\"json_object\"}", "{}")]
    [InlineData(",\"top_k\":-1", "")]
    public void The_response_format_is_a_schema_for_the_node(string member, string schema)
    {
        var generate = Parse("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" + member + "}").ToInput().Generate;
        Assert.Equal((schema, 0u, 1f), (generate.JsonSchema, generate.TopK, generate.RepetitionPenalty));
    }

    [Theory]
    [InlineData("\"top_k\":-2", "top_k")]
    [InlineData("\"min_p\":1.5", "min_p")]
    [InlineData("\"repetition_penalty\":0", "repetition_penalty")]
    [InlineData("\"presence_penalty\":3", "presence_penalty")]
    [InlineData("\"frequency_penalty\":-3", "frequency_penalty")]
    [InlineData("\"logit_bias\":[1]", "logit_bias")]
    [InlineData("\"logit_bias\":{\"x\":1}", "logit_bias")]
    [InlineData("\"logit_bias\":{\"1\":101}", "logit_bias")]
    [InlineData("\"logit_bias\":{\"1\":1,\"01\":1}", "logit_bias")]
    [InlineData("\"response_format\":{\"type\":\"xml\"}", "response_format")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\"}", "response_format")]
    [InlineData("\"top_logprobs\":2", "top_logprobs")]
    [InlineData("\"logprobs\":true,\"top_logprobs\":21", "top_logprobs")]
    [InlineData("\"logprobs\":1", "logprobs")]
    [InlineData("\"n\":9", "n")]
    [InlineData("\"n\":0", "n")]
    [InlineData("\"functions\":[{\"name\":\"f\"}]", "functions")]
    [InlineData("\"function_call\":\"auto\"", "function_call")]
    [InlineData("\"audio\":{\"voice\":\"alloy\",\"format\":\"mp3\"}", "audio")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities")]
    [InlineData("\"web_search_options\":{}", "web_search_options")]
    [InlineData("\"prediction\":{\"type\":\"content\",\"content\":\"x\"}", "prediction")]
    [InlineData("\"service_tier\":\"gold\"", "service_tier")]
    [InlineData("\"reasoning_effort\":\"huge\"", "reasoning_effort")]
    [InlineData("\"metadata\":{\"a\":1}", "metadata")]
    [InlineData("\"user\":5", "user")]
    [InlineData("\"store\":\"yes\"", "store")]
    [InlineData("\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\",\"15\",\"16\",\"17\"]", "stop")]
    [InlineData("\"stop\":\"x\",\"response_format\":{\"type\":\"json_object\"}", "stop")]
    [InlineData("\"tools\":5", "tools")]
    [InlineData("\"tools\":[{}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"web_search\"}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "tools[0].function")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"no spaces\"}}]", "tools[0].function.name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":[]}}]", "tools[0].function.parameters")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]", "tools")]
    [InlineData("\"tool_choice\":\"required\"", "tool_choice")]
    [InlineData("\"tool_choice\":\"maybe\"", "tool_choice")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}", "tool_choice")]
    [InlineData("\"parallel_tool_calls\":\"no\"", "parallel_tool_calls")]
    [InlineData("\"provider\":{\"require_parameters\":true},\"sparkle\":1", "sparkle")]
    public void Options_out_of_range_are_named(string member, string parameter) => Assert.Equal(
        parameter,
        Assert.Throws<ApiException>(() => Parse("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]," + member + "}")).Error.Parameter);

    [Fact]
    public void Members_that_change_nothing_are_taken_and_unknown_ones_ignored()
    {
        var request = Parse("""
            {"model":"m","messages":[{"role":"user","content":"hi","name":"ann"}],"user":"u","safety_identifier":"s","prompt_cache_key":"k","metadata":{"a":"b"},"store":true,
             "service_tier":"auto","reasoning_effort":"low","verbosity":"high","modalities":["text"],"parallel_tool_calls":true,"tools":[],"logprobs":false,"n":3,"sparkle":1}
            """);
        Assert.Equal((3, false, null), (request.Choices, request.Tools.AreOffered, request.Sampling.TopLogprobs));
        Assert.Equal("auto", request.ServiceTier);
    }

    [Fact]
    public void Logprobs_reach_the_node()
    {
        var generate = Parse("""{"model":"m","messages":[{"role":"user","content":"hi"}],"logprobs":true,"top_logprobs":3}""").ToInput().Generate;
        Assert.Equal((true, 3u), (generate.Logprobs, generate.TopLogprobs));
    }

    [Fact]
    public void Tool_calls_and_results_go_to_the_template_with_arguments_as_an_object()
    {
        var request = Parse("""
            {"model":"m","messages":[{"role":"user","content":"hi"},
              {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{\"a\":1}"}},
                                                               {"id":"call_2","type":"function","function":{"name":"add","arguments":"broken"}}]},
              {"role":"tool","tool_call_id":"call_1","content":[{"type":"text","text":"5"}]},{"role":"assistant","refusal":"No."}]}
            """);
        Assert.Equal(
            """[{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":{"a":1}}},"""
            + """{"id":"call_2","type":"function","function":{"name":"add","arguments":"broken"}}]},{"role":"tool","content":"5","tool_call_id":"call_1"},{"role":"assistant","content":"No."}]""",
            request.Messages.Json);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(",\"tool_choice\":\"auto\"", "")]
    [InlineData(",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"add\"}}", """{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"integer"}}}""")]
    [InlineData(",\"tool_choice\":\"required\"", """{"anyOf":[{"type":"object","properties":{"name":{"const":"add"},"arguments":{"type":"object","properties":{"a":{"$ref":"#/anyOf/0/properties/arguments/$defs/n"}},"$defs":{"n":{"type":"integer"}}}},"required":["name","arguments"],"additionalProperties":false}]}""")]
    public void A_forced_call_is_a_schema_and_the_tools_go_to_the_template(string choice, string schema)
    {
        var generate = Parse(
            """{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"add","description":"Adds.","strict":true"""
            + ""","parameters":{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"integer"}}}}}]""" + choice + "}").ToInput().Generate;
        Assert.Equal(schema, generate.JsonSchema);
        Assert.StartsWith("""[{"type":"function","function":{"name":"add","description":"Adds.","parameters":{"type":"object",""", generate.ToolsJson, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tool_choice_of_none_hides_the_tools() => Assert.Equal("", Parse(
        """{"model":"m","messages":[{"role":"user","content":"hi"}],"tool_choice":"none","tools":[{"type":"function","function":{"name":"add"}}]}""").ToInput().Generate.ToolsJson);

    [Fact]
    public void A_response_format_beside_tools_allows_either() => Assert.Equal(
        """{"anyOf":[{"anyOf":[{"type":"object","properties":{"name":{"const":"add"},"arguments":{"type":"object","properties":{},"additionalProperties":false}},"required":["name","arguments"],"additionalProperties":false}]},{"type":"array","items":{"$ref":"#/anyOf/1"}}]}""",
        Parse("""
            {"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"add"}}],
             "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"array","items":{"$ref":"#"}}}}}
            """).ToInput().Generate.JsonSchema);

    [Theory]
    [InlineData("", "invalid_json")]
    [InlineData("[]", "invalid_json")]
    [InlineData("{\"model\":", "invalid_json")]
    [InlineData("{}", "invalid_type")]
    [InlineData("""{"model":"m","messages":[]}""", "invalid_value")]
    [InlineData("""{"model":"m","messages":[{"role":"wizard","content":"hi"}]}""", "invalid_value")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}]}""", "invalid_type")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://10.0.0.1"}}]}]}""", "unsupported_value")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}]}""", "missing_required_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":0}""", "invalid_value")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"temperature":"hot"}""", "invalid_value")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"functions":[{"name":"f"}]}""", "unsupported_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"provider":{"require_parameters":true},"sparkle":1}""", "unknown_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"tool","content":"5"}]}""", "missing_required_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a"}]}]}""", "invalid_value")]
    [InlineData("""{"model":"m","messages":[{"role":"assistant","content":"x","function_call":{"name":"f","arguments":"{}"}}]}""", "unsupported_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":"yes"}""", "invalid_type")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"stop":[1]}""", "invalid_type")]
    public void Wrong_input_names_what_is_wrong(string body, string code) =>
        Assert.Equal(code, Assert.Throws<ApiException>(() => Parse(body)).Error.Code);

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"\ud800"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"\uDC00"}]}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"\ud83dx","text":"a"}]}]}""")]
    [InlineData("""{"model":"\ud800","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"\ud800","content":"hi"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"stop":"\ud800"}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"s\ud800ed":1}""")]
    public void Half_a_surrogate_pair_is_refused_wherever_it_stands(string body) =>
        Assert.Equal("invalid_json", Assert.Throws<ApiException>(() => Parse(body)).Error.Code);

    [Fact]
    public void A_whole_surrogate_pair_is_a_character() =>
        Assert.Contains("1F600", char.ConvertToUtf32(JsonText(Parse("""{"model":"m","messages":[{"role":"user","content":"\ud83d\ude00"}]}""").Messages.Json), 0).ToString("X", null), StringComparison.Ordinal);

    [Theory]
    [InlineData("5")]
    [InlineData("{}")]
    [InlineData("[\"user\"]")]
    public void A_role_that_is_no_text_is_named(string role) => Assert.Equal(
        "messages[0].role",
        Assert.Throws<ApiException>(() => Parse($$"""{"model":"m","messages":[{"role":{{role}},"content":"hi"}]}""")).Error.Parameter);

    [Fact]
    public void Bytes_that_are_no_utf8_inside_a_text_are_refused() => Assert.Equal(
        "invalid_json",
        Assert.Throws<ApiException>(() => ChatRequest.Parse(
            (byte[])[.. """{"model":"m","messages":[{"role":"user","content":" """u8, 0xC3, 0x28, .. "\"}]}"u8], 256)).Error.Code);

    [Fact]
    public void Ten_thousand_levels_are_refused_without_harm() =>
        Assert.Equal("invalid_json", Assert.Throws<ApiException>(() => Parse(new string('[', 10_000))).Error.Code);

    [Fact]
    public void Invalid_utf8_is_refused() => Assert.Equal(
        "invalid_json",
        Assert.Throws<ApiException>(() => ChatRequest.Parse(new byte[] { 0x7B, 0x22, 0xC3, 0x28, 0x22, 0x3A, 0x31, 0x7D, 0xFF }, 256)).Error.Code);

    private static string JsonText(string messages) =>
        System.Text.Json.JsonDocument.Parse(messages).RootElement[0].GetProperty("content").GetString()!;

    private static ChatRequest Parse(string body) => ChatRequest.Parse(Encoding.UTF8.GetBytes(body), 256);
}
