using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Inference;
using Ncn.OpenInference.Json;

namespace Ncn.OpenInference.Tests.Json;

/// <summary>Each datatype from JSON to bytes and back, exactly, up to the ends of its range and no further.</summary>
public sealed class DatatypeTests
{
    [Theory]
    [InlineData("BOOL", "[true,false]")]
    [InlineData("UINT8", "[0,255]")]
    [InlineData("INT8", "[-128,127]")]
    [InlineData("UINT16", "[0,65535]")]
    [InlineData("INT16", "[-32768,32767]")]
    [InlineData("FP16", "[0.5,-2,65504]")]
    [InlineData("UINT32", "[0,4294967295]")]
    [InlineData("INT32", "[-2147483648,2147483647]")]
    [InlineData("FP32", "[0.1,-3.5,3.4028235E+38]")]
    [InlineData("UINT64", "[0,18446744073709551615]")]
    [InlineData("INT64", "[-9223372036854775808,9223372036854775807]")]
    [InlineData("FP64", "[0.1,1E+300]")]
    [InlineData("BYTES", """["","text","\u00E9\n"]""")]
    public void Json_survives(string datatype, string json)
    {
        int count = JsonDocument.Parse(json).RootElement.GetArrayLength();
        byte[] raw = Read(datatype, count, json);
        Assert.Equal(json, Data(Write(datatype, [count], raw)).GetRawText());
    }

    [Theory]
    [InlineData("BOOL", "1")]
    [InlineData("BOOL", "\"true\"")]
    [InlineData("UINT8", "256")]
    [InlineData("UINT8", "-1")]
    [InlineData("INT8", "128")]
    [InlineData("UINT16", "65536")]
    [InlineData("INT16", "-32769")]
    [InlineData("UINT32", "4294967296")]
    [InlineData("INT32", "2147483648")]
    [InlineData("INT32", "1.5")]
    [InlineData("INT32", "null")]
    [InlineData("UINT64", "18446744073709551616")]
    [InlineData("INT64", "9223372036854775808")]
    [InlineData("INT64", "\"1\"")]
    [InlineData("FP16", "1e6")]
    [InlineData("FP32", "1e39")]
    [InlineData("FP32", "-1e400")]
    [InlineData("FP32", "\"NaN\"")]
    [InlineData("FP32", "{}")]
    [InlineData("FP64", "1e400")]
    [InlineData("BYTES", "7")]
    public void What_is_no_value_of_the_type_is_refused(string datatype, string element) => Assert.Contains(
        $"not a value of {datatype}", Assert.Throws<OpenInferenceException>(() => Read(datatype, 1, $"[{element}]")).Message, StringComparison.Ordinal);

    [Fact]
    public void Not_a_number_and_infinity_are_answered_as_text()
    {
        byte[] raw = [.. BitConverter.GetBytes(float.NaN), .. BitConverter.GetBytes(float.NegativeInfinity)];
        Assert.Equal("""["NaN","-Infinity"]""", Data(Write("FP32", [2], raw)).GetRawText());
    }

    [Fact]
    public void Long_texts_are_read_whole()
    {
        string text = new('x', 5000);
        byte[] raw = Read("BYTES", 2, $"[\"{text}\",\"y\"]");
        Assert.Equal((5000, 1), (BitConverter.ToInt32(raw), BitConverter.ToInt32(raw, 5004)));
        Assert.Equal(5009, raw.Length);
    }

    [Fact]
    public void An_answer_of_bytes_that_are_no_text_is_still_json() =>
        Assert.Equal("\"\\uFFFD\"", Data(Write("BYTES", [1], [1, 0, 0, 0, 0xFF]))[0].GetRawText());

    [Fact]
    public void An_answer_without_a_form_in_json_is_refused() =>
        Assert.Throws<OpenInferenceException>(() => Write("BF16", [1], [0, 0]));

    private static byte[] Read(string datatype, int count, string data) => InferRequestReader.Read(
        Encoding.UTF8.GetBytes($$"""{"inputs":[{"name":"a","shape":[{{count}}],"datatype":"{{datatype}}","data":{{data}}}]}"""), null).RawInputContents[0].ToByteArray();

    private static InferBody Write(string datatype, long[] shape, byte[] raw)
    {
        var output = new ModelInferResponse.Types.InferOutputTensor { Name = "o", Datatype = datatype };
        output.Shape.AddRange(shape);
        var response = new ModelInferResponse { ModelName = "m", ModelVersion = "1", Outputs = { output }, RawOutputContents = { ByteString.CopyFrom(raw) } };
        return InferResponseWriter.Write(new ModelInferRequest(), response);
    }

    private static JsonElement Data(InferBody body) => JsonDocument.Parse(body.Bytes).RootElement.GetProperty("outputs")[0].GetProperty("data");
}
