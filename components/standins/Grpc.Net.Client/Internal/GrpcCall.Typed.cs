using System.IO.Pipelines;
using System.Net;
using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>A call with its message types: how the request is sent and the responses are read.</summary>
internal sealed class GrpcCall<TRequest, TResponse>(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options) : GrpcCall(channel, options)
    where TRequest : class where TResponse : class
{
    private const string UserAgent = "grpc-dotnet/2.80.0";
    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: 16 * 1024, leaveOpen: true);

    private Task<HttpResponseMessage>? sending;
    private HttpResponseMessage? response;
    private MessageReader? reader;

    internal MessageSerializer CreateSerializer() => new(Channel.MaxSendMessageSize);

    internal ReadOnlyMemory<byte> Serialize(MessageSerializer serializer, TRequest message) => serializer.Serialize(method.RequestMarshaller, message);

    /// <summary>The content of a call with one request. The message becomes bytes here, so a message over the limit is not sent in part.</summary>
    internal HttpContent? SingleRequest(TRequest request)
    {
        var serializer = CreateSerializer();
        try
        {
            return new SingleRequestContent(serializer, Serialize(serializer, request));
        }
        catch (Exception exception)
        {
            serializer.Dispose();
            Fail(exception is RpcException ? exception : new RpcException(new Status(StatusCode.Internal, $"Error starting gRPC call. {exception.GetType().Name}: {exception.Message}", exception)));
            return null;
        }
    }

    internal Task<TResponse> StartSingleResponse(HttpContent? content)
    {
        sending = StartAsync(content);
        return ReadSingleResponseAsync();
    }

    internal IAsyncStreamReader<TResponse> StartResponseStream(HttpContent? content)
    {
        sending = StartAsync(content);
        // A failure is kept in the status of the call; the reader throws it when it is asked for a message.
        _ = sending.ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return new ResponseStreamReader<TRequest, TResponse>(this);
    }

    /// <summary>The next response, or null when the call has ended with OK.</summary>
    internal async ValueTask<TResponse?> ReadAsync()
    {
        try
        {
            if (reader is null)
            {
                await OpenReaderAsync().ConfigureAwait(false);
            }
            if (!HasEnded)
            {
                var message = await reader!.ReadAsync(method.ResponseMarshaller.ContextualDeserializer, Aborted).ConfigureAwait(false);
                if (message is not null)
                {
                    return message;
                }
                EndWithTrailers(response!);
            }
        }
        catch (Exception exception)
        {
            throw Fail(exception);
        }
        return GetStatus().StatusCode == StatusCode.OK ? null : throw EndedException();
    }

    private async Task<TResponse> ReadSingleResponseAsync()
    {
        try
        {
            await OpenReaderAsync().ConfigureAwait(false);
            if (HasEnded)
            {
                throw EndedException();
            }
            var message = await reader!.ReadSingleAsync(method.ResponseMarshaller.ContextualDeserializer, Aborted).ConfigureAwait(false);
            var final = CallStatus.FromTrailers(response!);
            if (final.StatusCode == StatusCode.OK && message is null)
            {
                throw new RpcException(new Status(StatusCode.Internal, "Failed to deserialize response message."));
            }
            return EndWithTrailers(response!).StatusCode == StatusCode.OK ? message! : throw EndedException();
        }
        catch (Exception exception)
        {
            throw Fail(exception);
        }
    }

    private async Task OpenReaderAsync()
    {
        response = await sending!.ConfigureAwait(false);
        if (!HasEnded)
        {
            var stream = await response.Content.ReadAsStreamAsync(Aborted).ConfigureAwait(false);
            reader = new MessageReader(PipeReader.Create(stream, ReaderOptions), CallStatus.Encoding(response), Channel.MaxReceiveMessageSize);
        }
    }

    private async Task<HttpResponseMessage> StartAsync(HttpContent? content)
    {
        try
        {
            if (HasEnded)
            {
                throw EndedException();
            }
            StartTimers();
            return await SendAsync(CreateRequest(content!)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw Fail(exception);
        }
    }

    private HttpRequestMessage CreateRequest(HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Channel.AddressOf(method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.TryAddWithoutValidation("Content-Type", WireMetadata.ContentType);
        request.Headers.TryAddWithoutValidation("TE", "trailers");
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        request.Headers.TryAddWithoutValidation(WireMetadata.AcceptEncodingHeader, MessageCompression.AcceptedEncodings);
        if (Options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            request.Headers.TryAddWithoutValidation(WireMetadata.TimeoutHeader, GrpcTimeout.Encode(deadline.ToUniversalTime() - DateTime.UtcNow));
        }
        foreach (var entry in Options.Headers ?? Metadata.Empty)
        {
            if (!request.Headers.TryAddWithoutValidation(entry.Key, WireMetadata.Text(entry)))
            {
                throw new InvalidOperationException($"The metadata entry '{entry.Key}' cannot be sent as a request header.");
            }
        }
        return request;
    }
}
