using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Inference;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using static Ncn.Serving.Tests.OpenAi.AnswerParts;

namespace Ncn.Serving.Tests.OpenAi;

/// <summary>Vectors of texts: what may be asked, what the answers look like, and what a node may not deliver.</summary>
public sealed class EmbeddingTests
{
    private readonly EmbeddingForm _form = new();

    [Fact]
    public void Texts_or_tokens_reach_the_node()
    {
        var texts = Parse("""{"model":"m","input":["one","two"],"dimensions":8,"encoding_format":"base64","user":"u"}""");
        Assert.Equal(["one", "two"], texts.ToInput().Embed.Texts);
        Assert.Equal((8u, true, 2u, 0u), (texts.ToInput().Embed.Dimensions, texts.AsBase64, texts.Limit.Rows, texts.Limit.CompletionTokens));
        Assert.Equal([1, 2], Assert.Single(Parse("""{"model":"m","input":[1,2]}""").ToInput().Embed.Tokens).Ids);
        Assert.Equal(2, Parse("""{"model":"m","input":[[1,2],[3]]}""").ToInput().Embed.Tokens.Count);
    }

    [Theory]
    [InlineData("\"input\":\"\"", "input")]
    [InlineData("\"input\":[\"a\",[1]]", "input")]
    [InlineData("\"input\":\"a\",\"encoding_format\":\"hex\"", "encoding_format")]
    [InlineData("\"input\":\"a\",\"dimensions\":0", "dimensions")]
    public void What_is_wrong_is_named(string members, string parameter) =>
        Assert.Equal(parameter, Assert.Throws<ApiException>(() => Parse($"{{\"model\":\"m\",{members}}}")).Error.Parameter);

    [Fact]
    public void Vectors_are_numbers_or_base64_of_the_same_bytes()
    {
        RunPart[] parts = [new RunPart.Tensors(Response([2, 2], [1, 2, 3, 0.5f])), End(rows: 2)];
        var numbers = Whole(_form, """{"model":"m","input":["a","b"]}""", parts);
        Assert.Equal("list", numbers.GetProperty("object").GetString());
        Assert.Equal(["[1,2]", "[3,0.5]"], numbers.GetProperty("data").EnumerateArray().Select(static each => each.GetProperty("embedding").GetRawText()));
        Assert.Equal([0, 1], numbers.GetProperty("data").EnumerateArray().Select(static each => each.GetProperty("index").GetInt32()));
        Assert.Equal("""{"prompt_tokens":11,"total_tokens":11,"cost":"75"}""", numbers.GetProperty("usage").GetRawText());

        var bytes = Whole(_form, """{"model":"m","input":["a","b"],"encoding_format":"base64"}""", parts).GetProperty("data")[1].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal([3, 0.5f], MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    [Fact]
    public void An_output_of_another_shape_or_without_numbers_is_none()
    {
        Assert.NotNull(EmbeddingVectors.Read(Response([2, 2], [1, 2, 3, 4]), 2));
        Assert.Null(EmbeddingVectors.Read(Response([2, 2], [1, 2, 3, 4]), 1));
        Assert.Null(EmbeddingVectors.Read(Response([4], [1, 2, 3, 4]), 2));
        Assert.Null(EmbeddingVectors.Read(Response([2, 0], []), 2));
        Assert.Null(EmbeddingVectors.Read(Response([2, 2], [1, 2, 3]), 2));
        Assert.Null(EmbeddingVectors.Read(Response([1, 2], [1, float.NaN]), 1));
        Assert.Null(EmbeddingVectors.Read(new ModelInferResponse(), 1));
    }

    private static ModelInferResponse Response(long[] shape, float[] numbers)
    {
        var response = new ModelInferResponse();
        var output = new ModelInferResponse.Types.InferOutputTensor { Name = "embedding", Datatype = "FP32" };
        output.Shape.AddRange(shape);
        response.Outputs.Add(output);
        response.RawOutputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes(numbers.AsSpan())));
        return response;
    }

    private static EmbeddingRequest Parse(string body) => EmbeddingRequest.Parse(Encoding.UTF8.GetBytes(body));
}
