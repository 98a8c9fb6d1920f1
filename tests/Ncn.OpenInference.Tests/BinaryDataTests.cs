using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Inference;
using Ncn.OpenInference.Json;

namespace Ncn.OpenInference.Tests;

public sealed class BinaryDataTests
{
    private const string Two =
        """{"inputs":[{"name":"a","shape":[2],"datatype":"UINT8","parameters":{"binary_data_size":2}},{"name":"b","shape":[1],"datatype":"INT16","data":[-1]},{"name":"c","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":5}}]}""";

    [Fact]
    public void Inputs_are_taken_from_behind_the_json_in_their_order_beside_inputs_in_json()
    {
        ModelInferRequest request = Read(Two, [1, 2, 1, 0, 0, 0, 9]);
        Assert.Equal([1, 2], request.RawInputContents[0].ToByteArray());
        Assert.Equal([0xFF, 0xFF], request.RawInputContents[1].ToByteArray());
        Assert.Equal([1, 0, 0, 0, 9], request.RawInputContents[2].ToByteArray());
        Assert.Empty(request.Inputs[0].Parameters);
    }

    [Theory]
    [InlineData(Two, 6, "0 to the 4 that follow")]
    [InlineData(Two, 8, "1 bytes follow the last input")]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"UINT8","data":[1]}]}""", 1, "1 bytes follow")]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"UINT8","data":[1],"parameters":{"binary_data_size":1}}]}""", 1, "both data and")]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"UINT8","parameters":{"binary_data_size":-1}}]}""", 1, "must be a number of bytes")]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"UINT8","parameters":{"binary_data_size":9223372036854775807}}]}""", 1, "must be a number of bytes")]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"UINT8","parameters":{"binary_data_size":"1"}}]}""", 1, "must be a number of bytes")]
    public void Sizes_that_lie_are_refused(string json, int bytes, string expected) =>
        Assert.Contains(expected, Assert.Throws<OpenInferenceException>(() => Read(json, new byte[bytes])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("1e1")]
    [InlineData(" 1")]
    [InlineData("99999999999999999999")]
    [InlineData("3")]
    public void A_header_that_lies_is_refused(string header) => Assert.Contains(
        BinaryData.Header, Assert.Throws<OpenInferenceException>(() => InferRequestReader.Read("{}"u8.ToArray(), header)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"inputs":[],"parameters":{"binary_data_output":true}}""", "a,b")]
    [InlineData("""{"inputs":[],"outputs":[{"name":"a","parameters":{"binary_data":true}},{"name":"b"}]}""", "a")]
    [InlineData("""{"inputs":[],"outputs":[{"name":"a","parameters":{"binary_data":false}},{"name":"b"}],"parameters":{"binary_data_output":true}}""", "b")]
    [InlineData("""{"inputs":[]}""", "")]
    public void The_caller_says_which_outputs_come_as_bytes(string json, string wanted)
    {
        ModelInferRequest request = Read(json, []);
        Assert.Equal(wanted, string.Join(',', new[] { "a", "b" }.Where(name => BinaryData.Wants(request, name))));
    }

    [Fact]
    public void An_answer_has_its_bytes_behind_the_json_and_says_how_many()
    {
        var response = new ModelInferResponse
        {
            ModelName = "m",
            ModelVersion = "1",
            Id = "7",
            Outputs = { Output("a", "UINT8", 2), Output("b", "INT16", 1) },
            RawOutputContents = { ByteString.CopyFrom(5, 6), ByteString.CopyFrom(7, 0) },
        };
        ModelInferRequest request = Read("""{"inputs":[],"outputs":[{"name":"b","parameters":{"binary_data":true}},{"name":"a"}]}""", []);
        InferBody body = InferResponseWriter.Write(request, response, json => json.WriteString("x", "y"));
        Assert.Equal((BinaryData.ContentType, body.JsonLength!.Value.ToString(CultureInfo.InvariantCulture)), (body.ContentType, body.HeaderLength));
        Assert.Equal([7, 0], body.Bytes[body.JsonLength.Value..].ToArray());
        Assert.Equal(
            """{"model_name":"m","model_version":"1","id":"7","parameters":{"x":"y"},"outputs":[{"name":"a","datatype":"UINT8","shape":[2],"data":[5,6]},{"name":"b","datatype":"INT16","shape":[1],"parameters":{"binary_data_size":2}}]}""",
            Encoding.UTF8.GetString(body.Bytes[..body.JsonLength.Value].Span));
        Assert.Null(InferResponseWriter.Write(new ModelInferRequest(), response).JsonLength);
    }

    [Fact]
    public void Errors_and_metadata_have_the_protocols_shape()
    {
        Assert.Equal("""{"error":"x"}""", Encoding.UTF8.GetString(ErrorDocument.Of("x")));
        var model = ModelDocument.Of("m", ["1", "2"], ModelDocument.Onnx, new([new("i", "FP32", [-1, 2])], [new("o", "BYTES", [1])]));
        Assert.Equal(
            """{"name":"m","versions":["1","2"],"platform":"onnx_onnxv1","inputs":[{"name":"i","datatype":"FP32","shape":[-1,2]}],"outputs":[{"name":"o","datatype":"BYTES","shape":[1]}]}""",
            JsonSerializer.Serialize(model));
        Assert.Equal("""{"name":"s","version":"2","extensions":["e"]}""", JsonSerializer.Serialize(new ServerDocument("s", "2", ["e"])));
        Assert.Equal("""{ "name": "m", "versions": [ "1", "2" ], "platform": "onnx_onnxv1", "inputs": [ { "name": "i", "datatype": "FP32", "shape": [ "-1", "2" ] } ], "outputs": [ { "name": "o", "datatype": "BYTES", "shape": [ "1" ] } ] }""", model.ToMessage().ToString());
    }

    private static ModelInferRequest Read(string json, byte[] bytes) => InferRequestReader.Read(
        (byte[])[.. Encoding.UTF8.GetBytes(json), .. bytes], Encoding.UTF8.GetByteCount(json).ToString(CultureInfo.InvariantCulture));

    private static ModelInferResponse.Types.InferOutputTensor Output(string name, string datatype, long size) =>
        new() { Name = name, Datatype = datatype, Shape = { size } };
}
