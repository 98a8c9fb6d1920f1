using Google.Protobuf;
using Inference;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Tests;

/// <summary>A node is paid, and a client charged, only for tensors that the client can be given.</summary>
public sealed class TensorOutputTests : IDisposable
{
    private static readonly Eip712Domain Domain = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    private static readonly ModelOffer Offer = new(
        default, "digits", "1", ModelOffer.Tensor, new ModelPrice(new(10), default, default, new(5)), 0, 4, 4096, "CPU", [], []);

    private readonly Signer _node = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private readonly InferenceJob _job;

    public TensorOutputTests() => _job = new InferenceJob(
        default, 0, Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"), _node.Address, default, default, 0, new TokenAmount(1000), 1);

    public void Dispose() => _node.Dispose();

    [Fact]
    public void An_unreadable_output_is_refused_although_the_node_signed_it() =>
        Assert.Contains("no readable", NewVerifier(Offer).Accept(new Chunk { Tensors = ByteString.CopyFrom(1, 2, 3) }), StringComparison.Ordinal);

    [Fact]
    public void Text_from_a_tensor_model_and_tensors_from_a_chat_model_are_refused()
    {
        Assert.NotNull(NewVerifier(Offer).Accept(new Chunk { Text = "hi" }));
        Assert.Contains(
            "model that gives text",
            NewVerifier(Offer with { Kind = ModelOffer.Decoder }).Accept(new Chunk { Tensors = Response("FP32", [1], new byte[4]) }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_vector_for_each_text_is_refused()
    {
        var offer = Offer with { Kind = ModelOffer.Embedding };
        Assert.Contains("vectors of finite numbers", NewVerifier(offer).Accept(new Chunk { Tensors = Response("FP32", [2, 1], new byte[8]) }), StringComparison.Ordinal);
        Assert.Contains("vectors of finite numbers", NewVerifier(offer).Accept(new Chunk { Tensors = Response("FP32", [1, 1], [0, 0, 0xC0, 0x7F]) }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_receipt_without_any_output_is_refused()
    {
        var receipt = new Receipt(
            _job.RequestId, 0, _job.Node, _job.Gateway, default, default, new RollingOutputHash(_job.RequestId, 0).Value, 0, 0, 1,
            new TokenAmount(15), default, default, default, 1, 2);
        Assert.Equal("no output was delivered", NewVerifier(Offer).Accept(_node.Sign(receipt, Domain), []));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"message":null,"signature":"0x"}""")]
    public void A_proof_that_is_no_receipt_counts_for_nothing(string? json) => Assert.Null(NodeProofs.Read(json));

    private OutputVerifier NewVerifier(ModelOffer offer) => new(_job, offer, new Usage(0, 0, 1), Domain);

    private static ByteString Response(string datatype, long[] shape, byte[] data)
    {
        var tensor = new ModelInferResponse.Types.InferOutputTensor { Name = "out", Datatype = datatype };
        tensor.Shape.AddRange(shape);
        var response = new ModelInferResponse();
        response.Outputs.Add(tensor);
        response.RawOutputContents.Add(ByteString.CopyFrom(data));
        return response.ToByteString();
    }
}
