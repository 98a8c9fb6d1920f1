using System.Text;
using Inference;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Oip;

namespace Ncn.Serving.Tests.Oip;

public sealed class OfferFitTests
{
    private static readonly ModelOffer Offer = new(
        default, "digits", "1", ModelOffer.Tensor, ModelPrice.Free, 0, 4, 4096, "CPU",
        [new TensorSpec("image", "FP32", [-1, 1, 2, 2])], [new TensorSpec("probabilities", "FP32", [-1, 10])]);

    [Fact]
    public void A_request_is_addressed_to_the_offers_model_and_priced_by_its_rows()
    {
        var (request, rows) = Parse(Body("image", "[2,1,2,2]", "FP32", "[1,2,3,4,5,6,7,8]"), Offer);
        Assert.Equal(("digits", "1", 2u, 32), (request.ModelName, request.ModelVersion, rows, request.RawInputContents[0].Length));
    }

    [Fact]
    public void The_binary_form_is_the_same_request()
    {
        const string json = """{"inputs":[{"name":"image","shape":[1,1,2,2],"datatype":"FP32","parameters":{"binary_data_size":16}}],"outputs":[{"name":"probabilities"}]}""";
        byte[] body = [.. Encoding.UTF8.GetBytes(json), .. new byte[16]];
        var (request, rows) = OfferFit.Parse(body, $"{json.Length}", Offer);
        Assert.Equal(Parse(Body("image", "[1,1,2,2]", "FP32", "[0,0,0,0]"), Offer), (request, rows));
    }

    [Theory]
    [InlineData("img", "[1,1,2,2]", "FP32", "[1,2,3,4]", "no input named 'img'")]
    [InlineData("image", "[1,1,2,2]", "INT64", "[1,2,3,4]", "the model takes FP32")]
    [InlineData("image", "[1,1,2,3]", "FP32", "[1,2,3,4,5,6]", "the model takes [-1,1,2,2]")]
    [InlineData("image", "[4]", "FP32", "[1,2,3,4]", "the model takes [-1,1,2,2]")]
    [InlineData("image", "[0,1,2,2]", "FP32", "[]", "any size from 1")]
    [InlineData("image", "[1,1,2,2]", "FP32", "[1,2,3]", "has 3 elements; its shape says 4")]
    [InlineData("image", "[5,1,2,2]", "FP32", "[1,2,3,4,1,2,3,4,1,2,3,4,1,2,3,4,1,2,3,4]", "at most 4 in one request")]
    public void A_wrong_tensor_is_refused_with_what_it_must_be(string name, string shape, string datatype, string data, string expected) =>
        Refused(Body(name, shape, datatype, data), Offer, expected);

    [Fact]
    public void A_missing_input_an_unknown_output_and_too_many_bytes_are_refused()
    {
        Refused("""{"inputs":[]}""", Offer, "is needed exactly once");
        Refused(Body("image", "[1,1,2,2]", "FP32", "[1,2,3,4]", """,{"name":"x"}"""), Offer, "no output named 'x'");
        Refused(Body("image", "[1,1,2,2]", "FP32", "[1,2,3,4]"), Offer with { MaxInputBytes = 15 }, "at most 15");
    }

    [Fact]
    public void An_output_that_json_cannot_carry_is_refused_before_it_is_paid()
    {
        ModelOffer raw = Offer with { Outputs = [.. Offer.Outputs, new TensorSpec("raw", "BF16", [1])] };
        Refused(Body("image", "[1,1,2,2]", "FP32", "[1,2,3,4]", """,{"name":"raw"}"""), raw, "no form in JSON");
        Assert.Equal(2, Parse(Body("image", "[1,1,2,2]", "FP32", "[1,2,3,4]", """,{"name":"raw","parameters":{"binary_data":true}}"""), raw).Request.Outputs.Count);
    }

    private static string Body(string name, string shape, string datatype, string data, string outputs = "") =>
        $$"""{"inputs":[{"name":"{{name}}","shape":{{shape}},"datatype":"{{datatype}}","data":{{data}}}],"outputs":[{"name":"probabilities"}{{outputs}}]}""";

    private static void Refused(string body, ModelOffer offer, string expected)
    {
        var error = Assert.Throws<ApiException>(() => Parse(body, offer)).Error;
        Assert.Equal((400, "invalid_request"), (error.Status, error.Code));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static (ModelInferRequest Request, uint Rows) Parse(string body, ModelOffer offer) => OfferFit.Parse(Encoding.UTF8.GetBytes(body), null, offer);
}
