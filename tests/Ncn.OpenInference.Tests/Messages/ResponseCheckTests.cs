using Google.Protobuf;
using Inference;
using Ncn.OpenInference.Messages;

namespace Ncn.OpenInference.Tests.Messages;

public sealed class ResponseCheckTests
{
    [Theory]
    [InlineData("FP32", new long[] { 1, 2 }, 8, true)]
    [InlineData("FP32", new long[] { 1, 2 }, 7, false)]
    [InlineData("FP32", new long[] { -1, -2 }, 8, false)]
    [InlineData("FP32", new long[] { long.MaxValue, long.MaxValue }, 8, false)]
    [InlineData("FP32", new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 4, false)]
    [InlineData("FP32", new long[] { 0 }, 0, true)]
    [InlineData("FP99", new long[] { 1 }, 4, false)]
    [InlineData("BYTES", new long[] { 2 }, 8, true)]
    [InlineData("BYTES", new long[] { 1 }, 8, false)]
    [InlineData("BYTES", new long[] { 1 }, 3, false)]
    public void The_data_must_be_what_the_shape_says(string datatype, long[] shape, int bytes, bool readable) =>
        Assert.Equal(readable, ResponseCheck.IsReadable(Response(datatype, shape, new byte[bytes])));

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0x7F, 1 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    public void A_length_beyond_the_data_is_not_followed(byte[] data) =>
        Assert.False(ResponseCheck.IsReadable(Response("BYTES", [1], data)));

    [Fact]
    public void Garbage_no_outputs_and_outputs_without_data_are_unreadable()
    {
        ModelInferResponse noData = ModelInferResponse.Parser.ParseFrom(Response("FP32", [1], new byte[4]));
        noData.RawOutputContents.Clear();
        Assert.All(
            [ByteString.CopyFrom(0xFF, 0x01, 0x02), ByteString.Empty, new ModelInferResponse().ToByteString(), noData.ToByteString()],
            static bytes => Assert.False(ResponseCheck.IsReadable(bytes)));
    }

    private static ByteString Response(string datatype, long[] shape, byte[] data)
    {
        var output = new ModelInferResponse.Types.InferOutputTensor { Name = "out", Datatype = datatype };
        output.Shape.AddRange(shape);
        return new ModelInferResponse { Outputs = { output }, RawOutputContents = { ByteString.CopyFrom(data) } }.ToByteString();
    }
}
