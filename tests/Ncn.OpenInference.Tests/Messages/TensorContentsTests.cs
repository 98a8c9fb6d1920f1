using Google.Protobuf;
using Inference;
using Ncn.OpenInference.Messages;
using Ncn.Protocol;

namespace Ncn.OpenInference.Tests.Messages;

public sealed class TensorContentsTests
{
    [Fact]
    public void Typed_contents_become_little_endian_bytes()
    {
        Assert.Equal([1, 0], Read("BOOL", new InferTensorContents { BoolContents = { true, false } }));
        Assert.Equal([0xFF, 0x7F], Read("INT8", new InferTensorContents { IntContents = { -1, 127 } }));
        Assert.Equal([0x00, 0x80], Read("INT16", new InferTensorContents { IntContents = { short.MinValue } }));
        Assert.Equal([0, 0, 0, 0x80], Read("INT32", new InferTensorContents { IntContents = { int.MinValue } }));
        Assert.Equal([0xFF], Read("UINT8", new InferTensorContents { UintContents = { 255 } }));
        Assert.Equal([0x34, 0x12], Read("UINT16", new InferTensorContents { UintContents = { 0x1234 } }));
        Assert.Equal([1, 0, 0, 0x80], Read("UINT32", new InferTensorContents { UintContents = { 0x8000_0001 } }));
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0x80], Read("INT64", new InferTensorContents { Int64Contents = { long.MinValue + 1 } }));
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0x80], Read("UINT64", new InferTensorContents { Uint64Contents = { 0x8000_0000_0000_0001 } }));
        Assert.Equal([0, 0, 0x80, 0x3F], Read("FP32", new InferTensorContents { Fp32Contents = { 1f } }));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0xF0, 0x3F], Read("FP64", new InferTensorContents { Fp64Contents = { 1 } }));
        Assert.Equal([1, 0, 0, 0, 9, 0, 0, 0, 0], Read("BYTES", new InferTensorContents { BytesContents = { ByteString.CopyFrom(9), ByteString.Empty } }));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Refused("INT8", new InferTensorContents { IntContents = { 128 } });
        Refused("INT16", new InferTensorContents { IntContents = { -32769 } });
        Refused("UINT8", new InferTensorContents { UintContents = { 256 } });
        Refused("UINT16", new InferTensorContents { UintContents = { 65536 } });
        Refused("FP16", new InferTensorContents { Fp32Contents = { 1f } });
        Refused("BF16", new InferTensorContents());
        Refused("FP31", new InferTensorContents());
        ModelInferRequest mixed = Request("FP32", new InferTensorContents { Fp32Contents = { 1f } });
        mixed.RawInputContents.Add(ByteString.CopyFrom(0, 0, 0, 0));
        Assert.Throws<OpenInferenceException>(() => TensorContents.Read(mixed));
        mixed.RawInputContents.Add(ByteString.Empty);
        Assert.Throws<OpenInferenceException>(() => TensorContents.Read(mixed));
    }

    [Fact]
    public void Too_many_inputs_dimensions_and_too_long_names_are_refused()
    {
        var many = new ModelInferRequest();
        many.Inputs.AddRange(Enumerable.Repeat(new ModelInferRequest.Types.InferInputTensor { Name = "a", Datatype = "FP32" }, 65));
        Assert.Throws<OpenInferenceException>(() => TensorContents.Read(many));
        ModelInferRequest deep = Request("FP32", new InferTensorContents());
        deep.Inputs[0].Shape.AddRange(Enumerable.Repeat(1L, 9));
        Assert.Throws<OpenInferenceException>(() => TensorContents.Read(deep));
        ModelInferRequest named = Request("FP32", new InferTensorContents());
        named.Inputs[0].Name = new string('n', 257);
        Assert.Throws<OpenInferenceException>(() => TensorContents.Read(named));
    }

    [Fact]
    public void A_response_carries_raw_outputs()
    {
        ModelInferResponse response = TensorContents.Write("7", "m", "1", [new TensorValue("out", TensorDatatype.INT8, [2], new byte[] { 1, 2 })]);
        Assert.Equal(("7", "m", "1", "INT8", "out"), (response.Id, response.ModelName, response.ModelVersion, response.Outputs[0].Datatype, response.Outputs[0].Name));
        Assert.Equal([1, 2], response.RawOutputContents[0].ToByteArray());
    }

    private static void Refused(string datatype, InferTensorContents contents) =>
        Assert.NotEmpty(Assert.Throws<OpenInferenceException>(() => Read(datatype, contents)).Message);

    private static byte[] Read(string datatype, InferTensorContents contents) => TensorContents.Read(Request(datatype, contents)).Single().Data.ToArray();

    private static ModelInferRequest Request(string datatype, InferTensorContents contents)
    {
        var request = new ModelInferRequest();
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "in", Datatype = datatype, Contents = contents });
        return request;
    }
}
