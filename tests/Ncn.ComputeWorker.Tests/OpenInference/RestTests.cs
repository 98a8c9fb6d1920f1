using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Tests.OpenInference;

/// <summary>Health, metadata and inference over REST, in JSON and in binary form.</summary>
[Collection(NetworkGroup.Name)]
public sealed class RestTests(OperatorFixture node) : IClassFixture<OperatorFixture>
{
    [Theory]
    [InlineData("/v2/health/live")]
    [InlineData("/v2/health/ready")]
    public async Task Health_needs_no_token(string path)
    {
        RestAnswer answer = await node.Calls.GetAsync(path, token: null);
        Assert.Equal((HttpStatusCode.OK, """{"live":true,"ready":true}"""), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task The_server_says_what_it_speaks() => Assert.Equal(
        """{"name":"ncn-compute-worker","version":"2.0.0","extensions":["binary_tensor_data","model_repository"]}""", (await node.Calls.GetAsync("/v2")).Text);

    [Theory]
    [InlineData("/v2/models/mlp")]
    [InlineData("/v2/models/mlp/versions/1")]
    public async Task A_model_is_described(string path) => Assert.Equal(
        """{"name":"mlp","versions":["1"],"platform":"onnx_onnxv1","inputs":[{"name":"input","datatype":"FP32","shape":[-1,4]}],"outputs":[{"name":"output","datatype":"FP32","shape":[-1,3]}]}""",
        (await node.Calls.GetAsync(path)).Text);

    [Fact]
    public async Task A_text_model_is_described_as_text_in_and_text_out()
    {
        JsonElement model = (await node.Calls.GetAsync("/v2/models/words")).Json;
        Assert.Equal("""[{"name":"text_input","datatype":"BYTES","shape":[1]}]""", model.GetProperty("inputs").GetRawText());
        Assert.Equal("""[{"name":"text_output","datatype":"BYTES","shape":[1]}]""", model.GetProperty("outputs").GetRawText());
    }

    [Theory]
    [InlineData("/v2/models/mlp/ready")]
    [InlineData("/v2/models/mlp/versions/1/ready")]
    public async Task A_model_is_ready(string path) => Assert.Equal("""{"name":"mlp","ready":true}""", (await node.Calls.GetAsync(path)).Text);

    [Fact]
    public async Task Every_datatype_goes_through_the_model_and_back()
    {
        string[] values =
        [
            "[true,false]", "[0,255]", "[0,65535]", "[0,4294967295]", "[0,18446744073709551615]", "[-128,127]", "[-32768,32767]",
            "[-2147483648,2147483647]", "[-9223372036854775808,9223372036854775807]", "[0.5,-2]", "[]", "[0.1,-3.5]", "[0.1,1E+300]", """["","text"]""",
        ];
        IEnumerable<string> inputs = OperatorFixture.Datatypes.Select((type, i) => Input(type.Datatype, values[i]));
        string outputs = string.Join(',', OperatorFixture.Datatypes.Select(type => $$$"""{"name":"y_{{{type.Datatype}}}","parameters":{"binary_data":{{{(type.Datatype == TensorDatatype.BF16 ? "true" : "false")}}}}}"""));
        RestAnswer answer = await node.Calls.PostAsync("/v2/models/every/infer", $$"""{"id":"7","inputs":[{{string.Join(',', inputs)}}],"outputs":[{{outputs}}]}""", [0x80, 0x3F, 0x00, 0xC0]);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(("every", "1", "7"), (answer.Json.GetProperty("model_name").GetString(), answer.Json.GetProperty("model_version").GetString(), answer.Json.GetProperty("id").GetString()));
        Assert.Equal([0x80, 0x3F, 0x00, 0xC0], answer.Body[^4..]);
        Assert.All(OperatorFixture.Datatypes.Zip(values, answer.Json.GetProperty("outputs").EnumerateArray()), each =>
        {
            Assert.Equal(($"y_{each.First.Datatype}", $"{each.First.Datatype}", "[2]"), (each.Third.GetProperty("name").GetString(), each.Third.GetProperty("datatype").GetString(), each.Third.GetProperty("shape").GetRawText()));
            Assert.Equal(each.First.Datatype == TensorDatatype.BF16 ? null : each.Second, each.Third.TryGetProperty("data", out JsonElement data) ? data.GetRawText() : null);
        });
    }

    [Fact]
    public async Task Binary_and_json_give_the_same_numbers()
    {
        float[] input = [1, 2, 3, 4, -1, -2, -3, -4];
        RestAnswer json = await node.Calls.PostAsync("/v2/models/mlp/infer", """{"inputs":[{"name":"input","shape":[2,4],"datatype":"FP32","data":[[1,2,3,4],[-1,-2,-3,-4]]}]}""");
        float[] expected = [.. json.Json.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];
        Assert.Equal(6, expected.Length);

        RestAnswer binary = await node.Calls.PostAsync(
            "/v2/models/mlp/versions/1/infer",
            """{"inputs":[{"name":"input","shape":[2,4],"datatype":"FP32","parameters":{"binary_data_size":32}}],"parameters":{"binary_data_output":true}}""",
            MemoryMarshal.AsBytes<float>(input).ToArray());
        Assert.Equal((HttpStatusCode.OK, "application/octet-stream"), (binary.Status, binary.ContentType));
        JsonElement output = binary.Json.GetProperty("outputs")[0];
        Assert.Equal("""{"name":"output","datatype":"FP32","shape":[2,3],"parameters":{"binary_data_size":24}}""", output.GetRawText());
        Assert.Equal(expected, MemoryMarshal.Cast<byte, float>(binary.Body.AsSpan()[^24..]).ToArray());
    }

    [Fact]
    public async Task A_body_that_does_not_say_what_it_is_is_read()
    {
        byte[] body = """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"""u8.ToArray();
        Assert.Equal(HttpStatusCode.OK, (await node.Calls.PostAsync("/v2/models/mlp/infer", body, contentType: null, jsonLength: null)).Status);
        Assert.Equal(HttpStatusCode.OK, (await node.Calls.PostAsync("/v2/models/mlp/infer", body, "application/json; charset=utf-8", jsonLength: null)).Status);
    }

    [Fact]
    public async Task A_prompt_is_answered_by_a_text_the_same_for_the_same_seed()
    {
        string first = await GenerateAsync(1);
        Assert.NotEmpty(first);
        Assert.Equal(first, await GenerateAsync(1));
        Assert.NotEqual(first, await GenerateAsync(2));
    }

    [Fact]
    public async Task Texts_are_answered_by_vectors()
    {
        const string texts = """{"inputs":[{"name":"text_input","shape":[2],"datatype":"BYTES","data":["Hello","there, everybody"]}]""";
        JsonElement model = (await node.Calls.GetAsync("/v2/models/vectors")).Json;
        Assert.Equal("""[{"name":"text_input","datatype":"BYTES","shape":[-1]}]""", model.GetProperty("inputs").GetRawText());
        JsonElement[] outputs = [.. (await node.Calls.PostAsync("/v2/models/vectors/infer", texts + "}")).Json.GetProperty("outputs").EnumerateArray()];
        Assert.Equal(["embedding", "prompt_tokens"], outputs.Select(output => output.GetProperty("name").GetString()));
        Assert.Equal("[2,16]", outputs[0].GetProperty("shape").GetRawText());
        Assert.Equal(1, outputs[0].GetProperty("data").EnumerateArray().Take(16).Sum(number => number.GetDouble() * number.GetDouble()), 3);

        RestAnswer few = await node.Calls.PostAsync("/v2/models/vectors/infer", texts + ""","outputs":[{"name":"embedding"}],"parameters":{"dimensions":4}}""");
        Assert.Equal("[2,4]", Assert.Single(few.Json.GetProperty("outputs").EnumerateArray()).GetProperty("shape").GetRawText());
        Assert.Equal(HttpStatusCode.BadRequest, (await node.Calls.PostAsync("/v2/models/vectors/infer", texts + ""","parameters":{"dimensions":17}}""")).Status);
    }

    private async Task<string> GenerateAsync(int seed)
    {
        RestAnswer answer = await node.Calls.PostAsync(
            "/v2/models/words/infer",
            $$$"""{"inputs":[{"name":"text_input","shape":[1],"datatype":"BYTES","data":["Hello there"]}],"parameters":{"max_tokens":24,"temperature":1.5,"seed":{{{seed}}}}}""");
        JsonElement output = answer.Json.GetProperty("outputs")[0];
        Assert.Equal(("text_output", "BYTES"), (output.GetProperty("name").GetString(), output.GetProperty("datatype").GetString()));
        return output.GetProperty("data")[0].GetString()!;
    }

    private static string Input(TensorDatatype datatype, string data) => datatype == TensorDatatype.BF16
        ? """{"name":"x_BF16","shape":[2],"datatype":"BF16","parameters":{"binary_data_size":4}}"""
        : $$"""{"name":"x_{{datatype}}","shape":[2],"datatype":"{{datatype}}","data":{{data}}}""";
}
