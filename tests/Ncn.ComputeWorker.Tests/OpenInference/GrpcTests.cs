using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Inference;
using Ncn.Tests.Scripts;

namespace Ncn.ComputeWorker.Tests.OpenInference;

/// <summary>The protocol over gRPC, with clients generated from the published proto: by Grpc.Tools, and by @grpc/proto-loader.</summary>
[Collection(NetworkGroup.Name)]
public sealed class GrpcTests(OperatorFixture node) : IClassFixture<OperatorFixture>
{
    private static readonly float[] Row = [1, 2, 3, 4];

    private GRPCInferenceService.GRPCInferenceServiceClient Client => node.Worker.OpenInference;

    [Fact]
    public async Task Health_needs_no_token_and_metadata_does()
    {
        Assert.True((await Client.ServerLiveAsync(new ServerLiveRequest())).Live);
        Assert.True((await Client.ServerReadyAsync(new ServerReadyRequest())).Ready);
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(async () => await Client.ServerMetadataAsync(new ServerMetadataRequest()))).StatusCode);
        ServerMetadataResponse server = await Client.ServerMetadataAsync(new ServerMetadataRequest(), InferenceCalls.Token);
        Assert.Equal(("ncn-compute-worker", "2.0.0"), (server.Name, server.Version));
        ModelMetadataResponse model = await Client.ModelMetadataAsync(new ModelMetadataRequest { Name = "mlp" }, InferenceCalls.Token);
        Assert.Equal(("mlp", "onnx_onnxv1", "input", "FP32"), (model.Name, model.Platform, model.Inputs[0].Name, model.Inputs[0].Datatype));
        Assert.Equal([-1, 3], model.Outputs[0].Shape);
        Assert.True((await Client.ModelReadyAsync(new ModelReadyRequest { Name = "mlp", Version = "1" }, InferenceCalls.Token)).Ready);
    }

    [Fact]
    public async Task Raw_and_typed_contents_give_what_rest_gives()
    {
        RestAnswer rest = await node.Calls.PostAsync("/v2/models/mlp/infer", """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""");
        float[] expected = [.. rest.Json.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];

        ModelInferRequest raw = Request();
        raw.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(Row)));
        ModelInferRequest typed = Request();
        typed.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { Row } };
        foreach (ModelInferRequest request in new[] { raw, typed })
        {
            ModelInferResponse response = await Client.ModelInferAsync(request, InferenceCalls.Token);
            Assert.Equal(("mlp", "1", "g"), (response.ModelName, response.ModelVersion, response.Id));
            Assert.Equal([1, 3], response.Outputs[0].Shape);
            Assert.Equal(expected, MemoryMarshal.Cast<byte, float>(response.RawOutputContents[0].Span).ToArray());
        }
    }

    [Fact]
    public async Task A_stream_answers_each_request_in_order_and_survives_a_wrong_one()
    {
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = Client.ModelStreamInfer(InferenceCalls.Token);
        for (int i = 0; i < 3; i++)
        {
            ModelInferRequest request = Request();
            request.Id = $"{i}";
            request.ModelName = i == 1 ? "none" : "mlp";
            request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { Row } };
            await call.RequestStream.WriteAsync(request);
        }

        await call.RequestStream.CompleteAsync();
        List<ModelStreamInferResponse> answers = [];
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            answers.Add(call.ResponseStream.Current);
        }

        Assert.Equal(["0", "1", "2"], answers.Select(answer => answer.InferResponse.Id));
        Assert.Equal([true, false, true], answers.Select(answer => answer.ErrorMessage.Length == 0 && answer.InferResponse.Outputs.Count == 1));
        Assert.Contains("No model none", answers[1].ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_calls_have_their_status()
    {
        await RefusedAsync(StatusCode.NotFound, request => request.ModelName = "none");
        await RefusedAsync(StatusCode.NotFound, request => request.ModelVersion = "9");
        await RefusedAsync(StatusCode.InvalidArgument, request => request.Inputs.Clear());
        await RefusedAsync(StatusCode.InvalidArgument, request => request.Inputs[0].Shape[1] = 5);
        await RefusedAsync(StatusCode.InvalidArgument, request => request.Inputs[0].Datatype = "FP31");
        await RefusedAsync(StatusCode.InvalidArgument, request => request.RawInputContents.Add(ByteString.CopyFrom(1, 2, 3)));
        await RefusedAsync(StatusCode.InvalidArgument, request => request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "none" }));
        RpcException stream = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = Client.ModelStreamInfer();
            await call.ResponseStream.MoveNext(CancellationToken.None);
        });
        Assert.Equal(StatusCode.Unauthenticated, stream.StatusCode);
        RpcException broken = await Assert.ThrowsAsync<RpcException>(
            async () => await Client.ModelInferAsync(new ModelInferRequest { ModelName = "broken", Inputs = { Tensor("x", 2) } }, InferenceCalls.Token));
        Assert.Equal(StatusCode.Internal, broken.StatusCode);
        Words.Checked(broken.Status.Detail);
    }

    [Fact]
    public async Task A_javascript_client_is_answered()
    {
        await using var client = NodeScript.Start("OpenInference/client.mjs", node.Worker.Ports.GrpcEndpoint, TestWorker.OperatorToken);
        JsonElement seen = JsonDocument.Parse(await client.ReadLineAsync()).RootElement;
        Assert.True(seen.GetProperty("live").GetBoolean());
        Assert.Equal("ncn-compute-worker", seen.GetProperty("server").GetString());
        Assert.Equal("FP32", seen.GetProperty("datatype").GetString());
        Assert.Equal(16, seen.GetProperty("code").GetInt32());
        Assert.Equal(3, seen.GetProperty("numbers").GetInt32());
        Assert.Equal(["mlp", "No model none is loaded here"], seen.GetProperty("stream").EnumerateArray().Select(item => item.GetString()));
    }

    private async Task RefusedAsync(StatusCode status, Action<ModelInferRequest> spoil)
    {
        ModelInferRequest request = Request();
        request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { Row } };
        spoil(request);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await Client.ModelInferAsync(request, InferenceCalls.Token));
        Assert.Equal((status, refused.Status.Detail), (refused.StatusCode, Words.Checked(refused.Status.Detail)));
    }

    private static ModelInferRequest Request() =>
        new() { ModelName = "mlp", Id = "g", Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "input", Datatype = "FP32", Shape = { 1, 4 } } } };

    private static ModelInferRequest.Types.InferInputTensor Tensor(string name, int width) => new()
    {
        Name = name,
        Datatype = "FP32",
        Shape = { 1, width },
        Contents = new InferTensorContents { Fp32Contents = { new float[width] } },
    };
}
