using Grpc.Core;
using Grpc.Net;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The messages of one call, in both directions.</summary>
internal sealed class ServerCall<TRequest, TResponse>(HttpContextServerCallContext context, Method<TRequest, TResponse> method, GrpcServiceOptions options) : IDisposable
    where TRequest : class where TResponse : class
{
    private readonly MessageSerializer serializer = new(options.MaxSendMessageSize);
    private readonly MessageReader reader = new(context.HttpContext.Request.BodyReader, context.RequestEncoding, options.MaxReceiveMessageSize);
    private ResponseStreamWriter<TRequest, TResponse>? responses;

    internal HttpContextServerCallContext Context => context;

    /// <summary>Set when the server method has returned; its streams are closed then.</summary>
    internal bool IsCompleted { get; private set; }

    internal async ValueTask<TRequest> ReadSingleAsync() =>
        await reader.ReadSingleAsync(method.RequestMarshaller.ContextualDeserializer, context.CancellationToken).ConfigureAwait(false)
            ?? throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));

    internal ValueTask<TRequest?> ReadAsync(CancellationToken cancellationToken) =>
        reader.ReadAsync(method.RequestMarshaller.ContextualDeserializer, cancellationToken);

    internal IAsyncStreamReader<TRequest> OpenRequests() => new RequestStreamReader<TRequest, TResponse>(this);

    internal IServerStreamWriter<TResponse> OpenResponses() => responses = new ResponseStreamWriter<TRequest, TResponse>(this);

    /// <summary>The one response of a call. It is not flushed: the trailers follow at once.</summary>
    internal ValueTask WriteSingleAsync(TResponse? response)
    {
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }
        return WriteAsync(response, flush: false, CancellationToken.None);
    }

    internal async ValueTask WriteAsync(TResponse response, bool flush, CancellationToken cancellationToken)
    {
        var frame = serializer.Serialize(method.ResponseMarshaller, response);
        var http = context.HttpContext.Response;
        if (!http.HasStarted)
        {
            await http.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        if (!context.TryWrite(frame))
        {
            throw new InvalidOperationException("Can't write the message because the request is complete.");
        }
        if (flush)
        {
            await http.BodyWriter.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal void Complete() => IsCompleted = true;

    public void Dispose()
    {
        // A write that the server method did not wait for may still use the buffer; then it is left to the collector.
        if (responses is null || !responses.IsWriting)
        {
            serializer.Dispose();
        }
    }
}
