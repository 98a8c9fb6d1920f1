using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Oip;

namespace Ncn.Gateway;

/// <summary>The Open Inference Protocol, version 2, over REST.</summary>
public sealed class InferenceProtocolFunctions(MetadataEndpoint metadata, InferEndpoint infer)
{
    [Function("ServerLive")]
    public Task<IResult> Live([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/health/live")] HttpRequest request) =>
        Respond.Written(metadata.LiveAsync(request.HttpContext));

    [Function("ServerReady")]
    public Task<IResult> Ready([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/health/ready")] HttpRequest request) =>
        Respond.Written(metadata.ReadyAsync(request.HttpContext));

    [Function("ServerMetadata")]
    public static Task<IResult> Server([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2")] HttpRequest request) =>
        Respond.Written(MetadataEndpoint.ServerAsync(request.HttpContext));

    [Function("ModelMetadata")]
    public Task<IResult> Model(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/models/{model}")] HttpRequest request, string model) =>
        Respond.Written(metadata.ModelAsync(request.HttpContext, model, null));

    [Function("ModelVersionMetadata")]
    public Task<IResult> ModelVersion(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/models/{model}/versions/{version}")] HttpRequest request,
        string model, string version) =>
        Respond.Written(metadata.ModelAsync(request.HttpContext, model, version));

    [Function("ModelReady")]
    public Task<IResult> ModelReady(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/models/{model}/ready")] HttpRequest request, string model) =>
        Respond.Written(metadata.ModelReadyAsync(request.HttpContext, model, null));

    [Function("ModelVersionReady")]
    public Task<IResult> ModelVersionReady(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/models/{model}/versions/{version}/ready")] HttpRequest request,
        string model, string version) =>
        Respond.Written(metadata.ModelReadyAsync(request.HttpContext, model, version));

    [Function("ModelInfer")]
    public Task<IResult> Infer(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v2/models/{model}/infer")] HttpRequest request, string model) =>
        Respond.Written(infer.HandleAsync(request.HttpContext, model, null));

    [Function("ModelVersionInfer")]
    public Task<IResult> InferVersion(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v2/models/{model}/versions/{version}/infer")] HttpRequest request,
        string model, string version) =>
        Respond.Written(infer.HandleAsync(request.HttpContext, model, version));
}
