using Google.Protobuf;
using Ncn.ComputeWorker.Jobs;
using Ncn.Protocol;
using InferTensorContents = Inference.InferTensorContents;
using ModelInferRequest = Inference.ModelInferRequest;

namespace Ncn.ComputeWorker.Tests.Jobs;

public sealed class TensorWireTests
{
    [Fact]
    public void Typed_contents_become_little_endian_bytes()
    {
        Assert.Equal([1, 0], Read("BOOL", new InferTensorContents { BoolContents = { true, false } }));
        Assert.Equal([0xFF, 0x7F], Read("INT8", new InferTensorContents { IntContents = { -1, 127 } }));
        Assert.Equal([0x34, 0x12], Read("UINT16", new InferTensorContents { UintContents = { 0x1234 } }));
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0x80], Read("INT64", new InferTensorContents { Int64Contents = { long.MinValue + 1 } }));
        Assert.Equal([0, 0, 0x80, 0x3F], Read("FP32", new InferTensorContents { Fp32Contents = { 1f } }));
        Assert.Equal([1, 0, 0, 0, 9], Read("BYTES", new InferTensorContents { BytesContents = { ByteString.CopyFrom(9) } }));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Throws<JobRefusedException>(() => Read("INT8", new InferTensorContents { IntContents = { 128 } }));
        Assert.Throws<JobRefusedException>(() => Read("UINT8", new InferTensorContents { UintContents = { 256 } }));
        Assert.Throws<JobRefusedException>(() => Read("FP16", new InferTensorContents { Fp32Contents = { 1f } }));
        Assert.Throws<JobRefusedException>(() => Read("FP31", new InferTensorContents()));
        ModelInferRequest mixed = Request("FP32", new InferTensorContents { Fp32Contents = { 1f } });
        mixed.RawInputContents.Add(ByteString.CopyFrom(0, 0, 0, 0));
        Assert.Throws<JobRefusedException>(() => TensorWire.Read(mixed));
        mixed.RawInputContents.Add(ByteString.Empty);
        Assert.Throws<JobRefusedException>(() => TensorWire.Read(mixed));
    }

    [Fact]
    public void A_response_carries_raw_outputs()
    {
        var response = TensorWire.Write(new ModelInferRequest { Id = "7" }, "m", "1", [new TensorValue("out", TensorDatatype.INT8, [2], new byte[] { 1, 2 })]);
        Assert.Equal(("7", "m", "INT8", "out"), (response.Id, response.ModelName, response.Outputs[0].Datatype, response.Outputs[0].Name));
        Assert.Equal([1, 2], response.RawOutputContents[0].ToByteArray());
    }

    private static byte[] Read(string datatype, InferTensorContents contents) => TensorWire.Read(Request(datatype, contents)).Single().Data.ToArray();

    private static ModelInferRequest Request(string datatype, InferTensorContents contents)
    {
        var request = new ModelInferRequest();
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "in", Datatype = datatype, Contents = contents });
        return request;
    }
}
