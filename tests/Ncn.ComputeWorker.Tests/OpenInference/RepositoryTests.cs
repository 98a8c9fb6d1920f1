using System.Net;
using Grpc.Core;
using Inference;
using Ncn.Tests.Models;

namespace Ncn.ComputeWorker.Tests.OpenInference;

/// <summary>The model repository extension, over REST and gRPC.</summary>
[Collection(NetworkGroup.Name)]
public sealed class RepositoryTests(OperatorFixture node) : IClassFixture<OperatorFixture>
{
    private const string Infer = """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";

    [Fact]
    public async Task A_model_is_unloaded_and_loaded_again_over_rest()
    {
        Assert.Contains("""{"name":"mlp","version":"1","state":"READY","reason":""}""", (await node.Calls.PostAsync("/v2/repository/index", "")).Text, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, (await node.Calls.PostAsync("/v2/repository/models/mlp/unload", """{"parameters":{"unload_dependents":false}}""")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Calls.PostAsync("/v2/models/mlp/infer", Infer)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Calls.GetAsync("/v2/models/mlp/ready")).Status);
        Assert.Contains("\"mlp\",\"version\":\"1\",\"state\":\"UNAVAILABLE\"", (await node.Calls.GetAsync("/v2/repository/index")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("mlp", (await node.Calls.PostAsync("/v2/repository/index", """{"ready":true}""")).Text, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, (await node.Calls.PostAsync("/v2/repository/models/mlp/load", "")).Status);
        Assert.Equal(HttpStatusCode.OK, (await node.Calls.PostAsync("/v2/models/mlp/infer", Infer)).Status);
    }

    [Fact]
    public async Task A_model_is_added_and_taken_away_over_grpc()
    {
        string folder = ModelFolder.WriteTensor(node.Repository, "added", MlpModel.Graph([2, 2], seed: 5));
        await node.Worker.OpenInference.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "added" }, InferenceCalls.Token);
        Assert.True((await node.Worker.OpenInference.ModelReadyAsync(new ModelReadyRequest { Name = "added" }, InferenceCalls.Token)).Ready);
        RepositoryIndexResponse index = await node.Worker.OpenInference.RepositoryIndexAsync(new RepositoryIndexRequest { Ready = true }, InferenceCalls.Token);
        Assert.Equal("READY", index.Models.Single(model => model.Name == "added").State);

        await node.Worker.OpenInference.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = "added" }, InferenceCalls.Token);
        RpcException gone = await Assert.ThrowsAsync<RpcException>(
            async () => await node.Worker.OpenInference.ModelReadyAsync(new ModelReadyRequest { Name = "added" }, InferenceCalls.Token));
        Assert.Equal(StatusCode.NotFound, gone.StatusCode);
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public async Task A_broken_model_is_refused_with_what_is_wrong_and_the_others_go_on()
    {
        string folder = ModelFolder.WriteTensor(node.Repository, "damaged", MlpModel.Graph([2, 2], seed: 6));
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), [1, 2, 3]);
        RestAnswer answer = await node.Calls.PostAsync("/v2/repository/models/damaged/load", "");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("damaged", answer.Error(), StringComparison.Ordinal);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(
            async () => await node.Worker.OpenInference.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "damaged" }, InferenceCalls.Token));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await node.Calls.PostAsync("/v2/models/mlp/infer", Infer)).Status);
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public async Task Parameters_that_would_change_what_is_loaded_are_refused()
    {
        var request = new RepositoryModelLoadRequest { ModelName = "mlp", Parameters = { ["config"] = new ModelRepositoryParameter { StringParam = "{}" } } };
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await node.Worker.OpenInference.RepositoryModelLoadAsync(request, InferenceCalls.Token));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }
}
