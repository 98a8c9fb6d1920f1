using Grpc.Core;
using Inference;
using Microsoft.Extensions.Logging;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Oip.Grpc;

/// <summary>The Open Inference Protocol over gRPC, paid by x402 in metadata. Models are the operators' own: the repository calls are not served.</summary>
[BindServiceMethod(typeof(InferenceService), nameof(Bind))]
public sealed class InferenceService(InferDesk desk, GrpcWatch watch, ILogger<InferenceService> log) : GRPCInferenceService.GRPCInferenceServiceBase
{
    /// <summary>Found by its name; the service is null, since the server makes one for each call.</summary>
    public static void Bind(ServiceBinderBase binder, InferenceService? service) => GRPCInferenceService.BindService(new StrictBinding(binder), service);

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => AnswerAsync(
        context, static () => Task.FromResult(new ServerLiveResponse { Live = true }));

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) => AnswerAsync(
        context, async () => new ServerReadyResponse { Ready = await desk.IsReadyAsync(context.CancellationToken) });

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) => AnswerAsync(
        context, static () => Task.FromResult(MetadataEndpoint.Server.ToMessage()));

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) => AnswerAsync(context, async () =>
    {
        await desk.FindAsync(request.Name, request.Version, context.CancellationToken);
        return new ModelReadyResponse { Ready = true };
    });

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) => AnswerAsync(context, async () =>
    {
        var offer = await desk.FindAsync(request.Name, request.Version, context.CancellationToken);
        return MetadataEndpoint.Describe(offer).ToMessage();
    });

    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) => AnswerAsync(context, async () =>
    {
        var answer = await desk.AnswerAsync(GrpcCall.Read(context, request), request);
        var response = GrpcForm.Read(answer);
        AddTrailers(context, answer);
        return response;
    });

    /// <summary>Requests are answered one after another; an error is a message and does not end the stream.</summary>
    public override Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requestStream, IServerStreamWriter<ModelStreamInferResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(requestStream);
        ArgumentNullException.ThrowIfNull(responseStream);
        return watch.WatchAsync(context, async () =>
        {
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                await AnswerOneAsync(requestStream.Current, responseStream, context);
            }

            return true;
        });
    }

    private async Task AnswerOneAsync(ModelInferRequest request, IServerStreamWriter<ModelStreamInferResponse> responses, ServerCallContext context)
    {
        try
        {
            await foreach (var piece in desk.StreamAsync(GrpcCall.Read(context, request), request))
            {
                await responses.WriteAsync(new ModelStreamInferResponse { InferResponse = piece }, context.CancellationToken);
            }
        }
        catch (Exception failure) when (!context.CancellationToken.IsCancellationRequested)
        {
            var refusal = Refusal(context, failure);
            var response = new ModelInferResponse { Id = request.Id, ModelName = request.ModelName };
            foreach (var trailer in refusal.Trailers)
            {
                response.Parameters[trailer.Key.Replace('-', '_')] = new InferParameter { StringParam = trailer.Value };
            }

            await responses.WriteAsync(
                new ModelStreamInferResponse { ErrorMessage = refusal.Message, InferResponse = response }, context.CancellationToken);
        }
    }

    private Task<T> AnswerAsync<T>(ServerCallContext context, Func<Task<T>> answer) => watch.WatchAsync(context, () => RefuseAsync(context, answer));

    private async Task<T> RefuseAsync<T>(ServerCallContext context, Func<Task<T>> answer)
    {
        try
        {
            return await answer();
        }
        catch (Exception failure) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw Refusal(context, failure).ToException();
        }
    }

    private GrpcRefusal Refusal(ServerCallContext context, Exception failure)
    {
        if (GrpcRefusal.From(failure, $"http://{context.Host}{context.Method}") is { } refusal)
        {
            return refusal;
        }

        log.LogError(failure, "A call of {Method} failed", context.Method);
        return GrpcRefusal.Of(new ApiError(
            503, "service_unavailable", "The gateway cannot reach a part of the network that this request needs; nothing was charged, repeat it in a moment.")
        { RetryAfterSeconds = 2 });
    }

    private static void AddTrailers(ServerCallContext context, StoredAnswer answer)
    {
        foreach (var (name, value) in answer.Headers)
        {
            if (name.StartsWith("x-ncn-", StringComparison.OrdinalIgnoreCase) || name == X402Header.Response)
            {
                context.ResponseTrailers.Add(name.ToLowerInvariant(), value);
            }
        }
    }
}
