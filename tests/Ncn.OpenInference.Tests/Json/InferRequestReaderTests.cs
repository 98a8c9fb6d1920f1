using System.Text;
using Inference;
using Ncn.OpenInference.Json;

namespace Ncn.OpenInference.Tests.Json;

public sealed class InferRequestReaderTests
{
    [Theory]
    [InlineData("[[1,2],[3,4]]")]
    [InlineData("[1,2,3,4]")]
    public void Nested_and_flat_data_are_the_same_tensor(string data)
    {
        ModelInferRequest request = Read($$"""{"id":"7","inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":{{data}}}]}""");
        Assert.Equal(("7", "a", "FP32"), (request.Id, request.Inputs[0].Name, request.Inputs[0].Datatype));
        Assert.Equal([2, 2], request.Inputs[0].Shape);
        Assert.Equal([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40], request.RawInputContents[0].ToByteArray());
    }

    [Fact]
    public void Members_come_in_any_order_and_unknown_ones_are_passed_over()
    {
        ModelInferRequest request = Read(
            """{"x":{"y":[1]},"inputs":[{"data":[1,-1],"z":null,"datatype":"INT16","shape":[2],"name":"a"}],"outputs":null,"parameters":null,"id":null}""");
        Assert.Equal([1, 0, 0xFF, 0xFF], request.RawInputContents[0].ToByteArray());
        Assert.Equal("", request.Id);
    }

    [Fact]
    public void Parameters_keep_their_kinds()
    {
        ModelInferRequest request = Read("""{"inputs":[],"parameters":{"a":true,"b":-3,"c":18446744073709551615,"d":0.5,"e":"t","f":null}}""");
        Assert.True(request.Parameters["a"].BoolParam);
        Assert.Equal(-3, request.Parameters["b"].Int64Param);
        Assert.Equal(ulong.MaxValue, request.Parameters["c"].Uint64Param);
        Assert.Equal(0.5, request.Parameters["d"].DoubleParam);
        Assert.Equal("t", request.Parameters["e"].StringParam);
        Assert.False(request.Parameters.ContainsKey("f"));
    }

    [Theory]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("", "not valid JSON")]
    [InlineData("{", "not valid JSON")]
    [InlineData("""{"inputs":[]} x""", "not valid JSON")]
    [InlineData("{}", "inputs must be an array")]
    [InlineData("""{"inputs":{}}""", "inputs must be an array")]
    [InlineData("""{"inputs":[1]}""", "must be an object")]
    [InlineData("""{"inputs":[],"inputs":[]}""", "inputs is given twice")]
    [InlineData("""{"inputs":[],"id":7}""", "id must be a string")]
    [InlineData("""{"inputs":[],"outputs":[{}]}""", "needs a name")]
    [InlineData("""{"inputs":[],"outputs":7}""", "outputs must be an array")]
    [InlineData("""{"inputs":[],"parameters":[]}""", "must be an object")]
    [InlineData("""{"inputs":[],"parameters":{"a":[1]}}""", "must be a string, a number")]
    [InlineData("""{"inputs":[],"parameters":{"a":1e999}}""", "beyond the range")]
    [InlineData("""{"inputs":[],"parameters":{"a":1,"a":2}}""", "given twice")]
    [InlineData("""{"inputs":[],"parameters":{"binary_data_output":1}}""", "must be true or false")]
    [InlineData("""{"inputs":[],"outputs":[{"name":"o","parameters":{"binary_data":"yes"}}]}""", "must be true or false")]
    [InlineData("""{"id":"\ud800","inputs":[]}""", "surrogate")]
    public void A_body_that_is_no_request_is_refused(string body, string expected) => Refused(body, expected);

    [Theory]
    [InlineData("""{"shape":[1],"datatype":"FP32","data":[1]}""", "must be an object {name")]
    [InlineData("""{"name":"a","datatype":"FP32","data":[1]}""", "must be an object {name")]
    [InlineData("""{"name":"a","shape":[1],"data":[1]}""", "must be an object {name")]
    [InlineData("""{"name":"a","shape":[1],"datatype":"FP32"}""", "must have data")]
    [InlineData("""{"name":"","shape":[1],"datatype":"FP32","data":[1]}""", "name must be a string")]
    [InlineData("""{"name":"a","name":"b","shape":[1],"datatype":"FP32","data":[1]}""", "name is given twice")]
    [InlineData("""{"name":"a","shape":[1],"datatype":"FP31","data":[1]}""", "FP31 is not a datatype")]
    [InlineData("""{"name":"a","shape":[1],"datatype":"fp32","data":[1]}""", "fp32 is not a datatype")]
    [InlineData("""{"name":"a","shape":[1],"datatype":"BF16","data":[1]}""", "no form in JSON")]
    [InlineData("""{"name":"a","shape":[-1],"datatype":"FP32","data":[1]}""", "shape must be an array")]
    [InlineData("""{"name":"a","shape":[1.5],"datatype":"FP32","data":[1]}""", "shape must be an array")]
    [InlineData("""{"name":"a","shape":[1,1,1,1,1,1,1,1,1],"datatype":"FP32","data":[1]}""", "at most 8")]
    [InlineData("""{"name":"a","shape":[9223372036854775807,9223372036854775807],"datatype":"FP32","data":[1]}""", "fewer elements")]
    [InlineData("""{"name":"a","shape":[1000000],"datatype":"FP32","data":[1]}""", "fewer elements")]
    [InlineData("""{"name":"a","shape":[3],"datatype":"FP32","data":[1,2]}""", "has 2 elements; its shape says 3")]
    [InlineData("""{"name":"a","shape":[1],"datatype":"FP32","data":[1,2]}""", "more than 1 elements")]
    [InlineData("""{"name":"a","shape":[1],"datatype":"FP32","data":1}""", "must have data")]
    [InlineData("""{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2],[3]]}""", "not nested as its shape")]
    [InlineData("""{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2,3],[4]]}""", "not nested as its shape")]
    [InlineData("""{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2],3,4]}""", "not nested as its shape")]
    [InlineData("""{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2]]}""", "not nested as its shape")]
    [InlineData("""{"name":"a","shape":[1],"datatype":"FP32","data":[[1]]}""", "not a value of FP32")]
    [InlineData("""{"name":"a","shape":[1],"datatype":"FP32","data":[1],"parameters":{"shared_memory_region":"r"}}""", "shared memory")]
    public void A_tensor_that_cannot_be_is_refused(string tensor, string expected) => Refused($$"""{"inputs":[{{tensor}}]}""", expected);

    [Fact]
    public void Text_that_is_no_utf8_and_json_that_is_too_deep_are_refused()
    {
        byte[] broken = Encoding.UTF8.GetBytes("""{"id":"x","inputs":[]}""");
        broken[7] = 0xFF;
        Assert.Contains("UTF-8", Assert.Throws<OpenInferenceException>(() => InferRequestReader.Read(broken, null)).Message, StringComparison.Ordinal);
        Refused($$"""{"x":{{new string('[', 100)}}{{new string(']', 100)}},"inputs":[]}""", "at most 32 levels");
    }

    [Fact]
    public void Too_many_tensors_outputs_and_parameters_are_refused()
    {
        const string tensor = """{"name":"a","shape":[0],"datatype":"FP32","data":[]}""";
        Refused($$"""{"inputs":[{{string.Join(',', Enumerable.Repeat(tensor, 65))}}]}""", "more than 64");
        Refused($$"""{"inputs":[],"outputs":[{{string.Join(',', Enumerable.Repeat("""{"name":"o"}""", 65))}}]}""", "more than 64");
        Refused($$$"""{"inputs":[],"parameters":{{{{string.Join(',', Enumerable.Range(0, 65).Select(i => $"\"p{i}\":1"))}}}}}""", "64 members");
    }

    private static void Refused(string body, string expected) => Assert.Contains(
        expected, Assert.Throws<OpenInferenceException>(() => Read(body)).Message, StringComparison.Ordinal);

    private static ModelInferRequest Read(string body) => InferRequestReader.Read(Encoding.UTF8.GetBytes(body), null);
}
