using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Ncn.ComputeWorker.Operator;
using Ncn.Hosting;
using Ncn.OpenInference;
using Ncn.OpenInference.Json;
using ModelInferRequest = Inference.ModelInferRequest;
using BinaryData = Ncn.OpenInference.BinaryData;

namespace Ncn.ComputeWorker.OpenInference;

/// <summary>The Open Inference Protocol over REST: every answer below /v2, whatever is wrong with a call, has the protocol's shape.</summary>
internal sealed class InferenceEndpoints(
    InferenceServer server, RepositoryCalls repository, IOptions<WorkerOptions> worker, IOptions<NetworkOptions> network, ILogger<InferenceEndpoints> logger)
{
    private const string Json = "application/json";

    /// <summary>Answers one call.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        try
        {
            await AnswerAsync(http, Admit(http));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller went away before there was anything to tell it.
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            await RefuseAsync(http, InferenceRefusal.From(exception) ?? Unexpected(http, exception));
        }
    }

    private InferenceRoute Admit(HttpContext http)
    {
        InferenceRoute? route = LoopbackOnly.IsLocal(http) ? InferenceRoute.Of(http.Request.Path) : null;
        if (route is { IsOpen: false } && !OperatorToken.IsIn(http.Request.Headers.Authorization, network.Value))
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            throw new InferenceRefusal(StatusCodes.Status401Unauthorized, Grpc.Core.StatusCode.Unauthenticated, OperatorToken.Demand);
        }

        if (route is null)
        {
            throw InferenceRefusal.NotFound("There is no such call here; GET /v2 describes the server.");
        }

        if (!route.Methods.Contains(http.Request.Method))
        {
            http.Response.Headers.Allow = string.Join(", ", route.Methods);
            throw new InferenceRefusal(
                StatusCodes.Status405MethodNotAllowed, Grpc.Core.StatusCode.InvalidArgument, $"This call is made by {string.Join(" or ", route.Methods)}.");
        }

        return route;
    }

    private Task AnswerAsync(HttpContext http, InferenceRoute route) => route.Call switch
    {
        InferenceCall.Live => WriteAsync(http, new HealthDocument(true, server.IsReady)),
        InferenceCall.Ready => WriteAsync(http, new HealthDocument(true, server.IsReady), server.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable),
        InferenceCall.Server => WriteAsync(http, InferenceServer.Document),
        InferenceCall.Model => WriteAsync(http, server.Describe(route.Model, route.Version)),
        InferenceCall.ModelReady => WriteAsync(http, new ModelReadyDocument(server.Find(route.Model, route.Version).Manifest.Name, true)),
        InferenceCall.Infer => InferAsync(http, route),
        InferenceCall.Index => IndexAsync(http),
        InferenceCall.Load => LoadAsync(http, route.Model),
        InferenceCall.Unload => UnloadAsync(http, route.Model),
        _ => throw new InvalidOperationException($"{route.Call} is no call."),
    };

    private async Task InferAsync(HttpContext http, InferenceRoute route)
    {
        server.Find(route.Model, route.Version);
        byte[] body = await ReadAsync(http);
        ModelInferRequest request = InferRequestReader.Read(body, http.Request.Headers[BinaryData.Header]);
        request.ModelName = route.Model;
        request.ModelVersion = route.Version ?? "";
        using InferenceAnswer run = await server.InferAsync(request, http.RequestAborted);
        InferBody answer = InferResponseWriter.Write(request, run.Response);
        http.Response.ContentType = answer.ContentType;
        http.Response.ContentLength = answer.Bytes.Length;
        if (answer.HeaderLength is { } length)
        {
            http.Response.Headers[BinaryData.Header] = length;
        }

        await http.Response.Body.WriteAsync(answer.Bytes, http.RequestAborted);
    }

    private async Task IndexAsync(HttpContext http) =>
        await WriteAsync(http, repository.Index(RepositoryRequest.ReadIndex(await ReadAsync(http))));

    private async Task LoadAsync(HttpContext http, string model)
    {
        RepositoryRequest.CheckParameters(await ReadAsync(http));
        await repository.LoadAsync(model, http.RequestAborted);
        await WriteAsync(http, new { });
    }

    private async Task UnloadAsync(HttpContext http, string model)
    {
        RepositoryRequest.CheckParameters(await ReadAsync(http));
        await repository.UnloadAsync(model, http.RequestAborted);
        await WriteAsync(http, new { });
    }

    private async Task<byte[]> ReadAsync(HttpContext http)
    {
        MediaTypes.MustBeReadable(http.Request);
        int limit = worker.Value.MaxInferBytes;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = limit;
        }

        return await BoundedBody.ReadAsync(http.Request, limit, http.RequestAborted) ?? throw InferenceRefusal.TooLarge(limit);
    }

    private InferenceRefusal Unexpected(HttpContext http, Exception exception)
    {
        logger.LogError(exception, "A call of the Open Inference Protocol failed: {Method} {Path}", http.Request.Method, http.Request.Path);
        return new InferenceRefusal(StatusCodes.Status500InternalServerError, Grpc.Core.StatusCode.Internal, "The node failed; its log says why.");
    }

    private static Task RefuseAsync(HttpContext http, InferenceRefusal refusal)
    {
        if (refusal.HttpStatus == StatusCodes.Status429TooManyRequests)
        {
            http.Response.Headers.RetryAfter = "1";
        }

        if (refusal.HttpStatus == StatusCodes.Status413PayloadTooLarge)
        {
            // The rest of the body is not read, so the connection cannot be used again.
            http.Response.Headers.Connection = "close";
        }

        return WriteAsync(http, ErrorDocument.Of(refusal.Message), refusal.HttpStatus);
    }

    private static Task WriteAsync<T>(HttpContext http, T document, int status = StatusCodes.Status200OK) =>
        WriteAsync(http, JsonSerializer.SerializeToUtf8Bytes(document), status);

    private static async Task WriteAsync(HttpContext http, byte[] body, int status)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = Json;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}
