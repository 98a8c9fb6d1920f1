using Grpc.Core;
using Inference;
using Microsoft.Extensions.Options;
using Ncn.ComputeWorker.Operator;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.OpenInference;

/// <summary>The Open Inference Protocol over gRPC; the operator's token comes as the metadata entry <c>authorization</c>.</summary>
[BindServiceMethod(typeof(InferenceGrpc), nameof(Bind))]
internal sealed class InferenceGrpc(InferenceServer server, RepositoryCalls repository, IOptions<NetworkOptions> network, ILogger<InferenceGrpc> logger)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    /// <summary>Found by its name; the service is null, since the server makes one for each call.</summary>
    public static void Bind(ServiceBinderBase binder, InferenceGrpc? service) => GRPCInferenceService.BindService(new StrictBinding(binder), service);

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        AnswerAsync(context, isOpen: true, () => new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        AnswerAsync(context, isOpen: true, () => new ServerReadyResponse { Ready = server.IsReady });

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        AnswerAsync(context, isOpen: false, InferenceServer.Document.ToMessage);

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) => AnswerAsync(context, isOpen: false, () =>
    {
        server.Find(request.Name, request.Version);
        return new ModelReadyResponse { Ready = true };
    });

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) =>
        AnswerAsync(context, isOpen: false, () => server.Describe(request.Name, request.Version).ToMessage());

    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        AnswerAsync(context, isOpen: false, async () =>
        {
            InferenceAnswer answer = await server.InferAsync(request, context.CancellationToken);
            context.GetHttpContext().Response.RegisterForDispose(answer);
            return answer.Response;
        });

    public override async Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requestStream, IServerStreamWriter<ModelStreamInferResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(requestStream);
        ArgumentNullException.ThrowIfNull(responseStream);
        Admit(context, isOpen: false);
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            using InferenceAnswer? answer = await AnswerOneAsync(requestStream.Current, responseStream, context);
            if (answer is not null)
            {
                await responseStream.WriteAsync(new ModelStreamInferResponse { InferResponse = answer.Response }, context.CancellationToken);
            }
        }
    }

    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context) =>
        AnswerAsync(context, isOpen: false, () => RepositoryRequest.ToMessage(repository.Index(request.Ready)));

    public override Task<RepositoryModelLoadResponse> RepositoryModelLoad(RepositoryModelLoadRequest request, ServerCallContext context) =>
        AnswerAsync(context, isOpen: false, async () =>
        {
            RepositoryRequest.CheckParameters(request.Parameters.Keys);
            await repository.LoadAsync(request.ModelName, context.CancellationToken);
            return new RepositoryModelLoadResponse();
        });

    public override Task<RepositoryModelUnloadResponse> RepositoryModelUnload(RepositoryModelUnloadRequest request, ServerCallContext context) =>
        AnswerAsync(context, isOpen: false, async () =>
        {
            RepositoryRequest.CheckParameters(request.Parameters.Keys);
            await repository.UnloadAsync(request.ModelName, context.CancellationToken);
            return new RepositoryModelUnloadResponse();
        });

    private Task<T> AnswerAsync<T>(ServerCallContext context, bool isOpen, Func<T> answer) => AnswerAsync(context, isOpen, () => Task.FromResult(answer()));

    private async Task<T> AnswerAsync<T>(ServerCallContext context, bool isOpen, Func<Task<T>> answer)
    {
        Admit(context, isOpen);
        try
        {
            return await answer();
        }
        catch (Exception exception) when (!context.CancellationToken.IsCancellationRequested)
        {
            InferenceRefusal refusal = Refusal(context, exception);
            throw new RpcException(new Status(refusal.GrpcStatus, refusal.Message));
        }
    }

    /// <summary>Null when the answer was an error, which is written already.</summary>
    private async Task<InferenceAnswer?> AnswerOneAsync(
        ModelInferRequest request, IServerStreamWriter<ModelStreamInferResponse> responses, ServerCallContext context)
    {
        try
        {
            return await server.InferAsync(request, context.CancellationToken);
        }
        catch (Exception exception) when (!context.CancellationToken.IsCancellationRequested)
        {
            var error = new ModelStreamInferResponse { ErrorMessage = Refusal(context, exception).Message, InferResponse = new ModelInferResponse { Id = request.Id } };
            await responses.WriteAsync(error, context.CancellationToken);
            return null;
        }
    }

    private InferenceRefusal Refusal(ServerCallContext context, Exception exception)
    {
        if (InferenceRefusal.From(exception) is { } refusal)
        {
            return refusal;
        }

        logger.LogError(exception, "A call of the Open Inference Protocol failed: {Method}", context.Method);
        return new InferenceRefusal(StatusCodes.Status500InternalServerError, StatusCode.Internal, "The node failed; its log says why.");
    }

    private void Admit(ServerCallContext context, bool isOpen)
    {
        if (!LoopbackOnly.IsLocal(context.GetHttpContext()))
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "The Open Inference Protocol is served to this machine only."));
        }

        if (!isOpen && !OperatorToken.IsIn(context.RequestHeaders.GetValue("authorization"), network.Value))
        {
            throw new RpcException(new Status(StatusCode.Unauthenticated, OperatorToken.Demand));
        }
    }
}
