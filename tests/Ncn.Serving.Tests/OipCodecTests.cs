using System.Globalization;
using System.Text;
using System.Text.Json;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Oip;

namespace Ncn.Serving.Tests;

public sealed class OipCodecTests
{
    private static readonly ModelOffer Offer = new(
        default, "digits", "1", ModelOffer.Tensor, ModelPrice.Free, 0, 4, 4096, "CPU",
        [new TensorSpec("image", "FP32", [-1, 1, 2, 2])], [new TensorSpec("probabilities", "FP32", [-1, 10])]);

    [Theory]
    [InlineData("[[[[1,2],[3,4]]]]")]
    [InlineData("[1,2,3,4]")]
    public void Nested_and_flat_data_are_the_same_tensor(string data)
    {
        var (request, rows) = Parse(Body("image", "[1,1,2,2]", "FP32", data));
        Assert.Equal(1u, rows);
        Assert.Equal([1f, 2f, 3f, 4f], Floats(request.RawInputContents[0].ToByteArray()));
    }

    [Theory]
    [InlineData("img", "[1,1,2,2]", "FP32", "[1,2,3,4]", "has no input img")]
    [InlineData("image", "[1,1,2,2]", "INT64", "[1,2,3,4]", "must have datatype FP32")]
    [InlineData("image", "[1,1,2,3]", "FP32", "[1,2,3,4]", "must have shape [-1,1,2,2]")]
    [InlineData("image", "[4]", "FP32", "[1,2,3,4]", "must have shape")]
    [InlineData("image", "[0,1,2,2]", "FP32", "[]", "must have shape")]
    [InlineData("image", "[-1,1,2,2]", "FP32", "[1,2,3,4]", "must have shape")]
    [InlineData("image", "[1,1,2,2]", "FP32", "[1,2,3]", "has 3 elements; its shape says 4")]
    [InlineData("image", "[1,1,2,2]", "FP32", "[1,2,3,\"x\"]", "not a value of FP32")]
    [InlineData("image", "[5,1,2,2]", "FP32", "[1,2,3,4,1,2,3,4,1,2,3,4,1,2,3,4,1,2,3,4]", "at most 4 rows")]
    [InlineData("image", "[9223372036854775807,1,2,2]", "FP32", "[1]", "must have shape")]
    public void A_wrong_tensor_is_refused_with_what_it_must_be(string name, string shape, string datatype, string data, string expected) =>
        Assert.Contains(expected, Assert.Throws<ApiException>(() => Parse(Body(name, shape, datatype, data))).Error.Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{}", "inputs must be an array")]
    [InlineData("""{"inputs":[]}""", "Input image is missing")]
    [InlineData("""{"inputs":[1]}""", "must be an object")]
    public void A_wrong_body_is_refused(string body, string expected) =>
        Assert.Contains(expected, Assert.Throws<ApiException>(() => Parse(body)).Error.Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("BOOL", "[true,false]")]
    [InlineData("UINT8", "[0,255]")]
    [InlineData("INT8", "[-128,127]")]
    [InlineData("UINT16", "[0,65535]")]
    [InlineData("INT16", "[-32768,32767]")]
    [InlineData("FP16", "[0.5,-2]")]
    [InlineData("UINT32", "[0,4294967295]")]
    [InlineData("INT32", "[-2147483648,2147483647]")]
    [InlineData("FP32", "[0.1,-3.5]")]
    [InlineData("UINT64", "[0,18446744073709551615]")]
    [InlineData("INT64", "[-9223372036854775808,9223372036854775807]")]
    [InlineData("FP64", "[0.1,1E+300]")]
    [InlineData("BYTES", "[\"\",\"text\"]")]
    public void Every_datatype_survives_json_and_back(string datatype, string json)
    {
        using var bytes = new MemoryStream();
        foreach (var element in JsonDocument.Parse(json).RootElement.EnumerateArray())
        {
            Datatype.Write(bytes, datatype, element);
        }

        Assert.Equal(json, Datatype.Read(datatype, bytes.ToArray()).ToJsonString());
    }

    [Theory]
    [InlineData("FP16", "1e6")]
    [InlineData("FP32", "1e39")]
    [InlineData("FP32", "-1e400")]
    [InlineData("FP64", "1e400")]
    public void A_number_beyond_its_datatype_is_no_infinity(string datatype, string json)
    {
        using var bytes = new MemoryStream();
        Assert.Throws<FormatException>(() => Datatype.Write(bytes, datatype, JsonDocument.Parse(json).RootElement));
    }

    [Fact]
    public void Half_a_surrogate_pair_in_an_id_is_refused() => Assert.Equal(
        "invalid_json", Assert.Throws<ApiException>(() => Parse("""{"id":"\ud800","inputs":[]}""")).Error.Code);

    private static string Body(string name, string shape, string datatype, string data) => string.Create(
        CultureInfo.InvariantCulture, $$"""{"inputs":[{"name":"{{name}}","shape":{{shape}},"datatype":"{{datatype}}","data":{{data}}}]}""");

    private static (Inference.ModelInferRequest Request, uint Rows) Parse(string body) => OipCodec.Parse(Encoding.UTF8.GetBytes(body), Offer);

    private static float[] Floats(byte[] bytes) => [.. bytes.Chunk(4).Select(static chunk => BitConverter.ToSingle(chunk))];
}
