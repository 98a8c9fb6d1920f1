using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Inference;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.Streaming;

/// <summary>The .NET client over gRPC, paying by metadata.</summary>
[Collection(PaidNetwork.Name)]
public sealed class InferenceGrpcTests(PaidNetwork shared)
{
    [Fact]
    public async Task Tensors_and_a_stream_of_text_are_paid_by_metadata_and_charged_exactly()
    {
        var before = await shared.Account.ReadSettledAsync();
        using var vision = Channel("vision");
        using var text = Channel("text");
        var answer = await shared.Account.PayingInference(vision.CreateCallInvoker()).InferAsync(Image());
        var pieces = new List<ModelInferResponse>();
        await foreach (var piece in shared.Account.PayingInference(text.CreateCallInvoker()).StreamAsync(Prompt()))
        {
            pieces.Add(piece);
        }

        Assert.Equal(10 * sizeof(float), answer.RawOutputContents.Single().Length);
        Assert.True(pieces.Count > 2, $"{pieces.Count} pieces are no stream");
        Assert.Equal(before + Cost(answer) + Cost(pieces[^1]), await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task A_repeat_under_the_same_key_gets_the_first_answer_and_costs_nothing()
    {
        var before = await shared.Account.ReadSettledAsync();
        using var vision = Channel("vision");
        var client = shared.Account.PayingInference(vision.CreateCallInvoker());
        var key = Guid.NewGuid().ToString();
        var (first, second) = (await client.InferAsync(Image(), key), await client.InferAsync(Image(), key));
        Assert.Equal(first, second);
        Assert.Equal(before + Cost(first), await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task Without_payment_the_trailers_say_how_to_pay()
    {
        using var vision = Channel("vision");
        var unpaid = await Assert.ThrowsAsync<RpcException>(
            async () => await new GRPCInferenceService.GRPCInferenceServiceClient(vision.CreateCallInvoker()).ModelInferAsync(Image()));
        Assert.Equal(StatusCode.FailedPrecondition, unpaid.StatusCode);
        Assert.NotNull(unpaid.Trailers.GetValue("payment-required"));
    }

    private static TokenAmount Cost(ModelInferResponse response) =>
        TokenAmount.Parse(System.Text.Json.JsonDocument.Parse(response.Parameters["ncn"].StringParam).RootElement.GetProperty("cost").GetString()!);

    private static ModelInferRequest Image() => new()
    {
        ModelName = "digits",
        Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "image", Datatype = "FP32", Shape = { 1, 1, 8, 8 } } },
        RawInputContents = { ByteString.CopyFrom(new byte[64 * sizeof(float)]) },
    };

    private static ModelInferRequest Prompt() => new()
    {
        ModelName = "tiny-chat",
        Inputs =
        {
            new ModelInferRequest.Types.InferInputTensor
            {
                Name = "text_input", Datatype = "BYTES", Shape = { 1 },
                Contents = new InferTensorContents { BytesContents = { ByteString.CopyFrom("What is 12 + 34?", Encoding.UTF8) } },
            },
        },
        Parameters = { ["max_tokens"] = new InferParameter { Int64Param = 16 } },
    };

    private GrpcChannel Channel(string subnet) => GrpcChannel.ForAddress($"http://{shared.Network.Grpc(subnet)}");
}
