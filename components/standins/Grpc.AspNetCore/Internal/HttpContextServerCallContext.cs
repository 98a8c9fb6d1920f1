using System.Buffers;
using Grpc.Core;
using Grpc.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>A call over an HTTP request. It ends once: by the server method, or before it by the deadline.</summary>
internal sealed partial class HttpContextServerCallContext(HttpContext httpContext, GrpcServiceOptions options, ILogger logger) : ServerCallContext, IDisposable
{
    private const int Http2NoError = 0;

    private readonly Lock gate = new();
    private CallDeadline? deadline;
    private Task? endedByDeadline;
    private bool hasEnded;

    internal HttpContext HttpContext => httpContext;

    internal string? RequestEncoding { get; } = httpContext.Request.Headers[WireMetadata.EncodingHeader];

    /// <summary>Reads the protocol's own headers: the deadline and the compression of the request.</summary>
    internal void Start()
    {
        if (httpContext.Request.Headers.TryGetValue(WireMetadata.TimeoutHeader, out var header))
        {
            if (GrpcTimeout.TryDecode(header, out var timeout))
            {
                deadline = new CallDeadline(timeout, httpContext.RequestAborted, OnDeadline);
            }
            else
            {
                LogInvalidTimeout(logger, WireMetadata.TimeoutHeader);
            }
        }
        if (!MessageCompression.IsSupported(RequestEncoding))
        {
            httpContext.Response.Headers[WireMetadata.AcceptEncodingHeader] = MessageCompression.AcceptedEncodings;
            throw new RpcException(new Status(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{RequestEncoding}'. Supported encodings: {MessageCompression.AcceptedEncodings}"));
        }
    }

    /// <summary>Puts a frame into the response, unless the deadline has ended it.</summary>
    internal bool TryWrite(ReadOnlyMemory<byte> frame)
    {
        lock (gate)
        {
            if (!hasEnded)
            {
                httpContext.Response.BodyWriter.Write(frame.Span);
            }
            return !hasEnded;
        }
    }

    internal Task EndAsync()
    {
        lock (gate)
        {
            if (!hasEnded)
            {
                hasEnded = true;
                WireResponse.WriteTrailers(httpContext.Response, StatusCore, responseTrailers);
            }
            return endedByDeadline ?? Task.CompletedTask;
        }
    }

    internal Task FailAsync(Exception exception)
    {
        lock (gate)
        {
            if (!hasEnded)
            {
                StatusCore = ToStatus(exception);
            }
        }
        return EndAsync();
    }

    public void Dispose() => deadline?.Dispose();

    private Status ToStatus(Exception exception)
    {
        if (exception is RpcException rpcException)
        {
            LogRefused(logger, Method, rpcException.StatusCode, rpcException.Status.Detail);
            foreach (var entry in rpcException.Trailers)
            {
                ResponseTrailers.Add(entry);
            }
            return rpcException.Status;
        }
        if (exception is OperationCanceledException or IOException && CancellationToken.IsCancellationRequested)
        {
            LogCancelled(logger, Method);
        }
        else
        {
            LogFailed(logger, Method, exception);
        }
        const string message = "Exception was thrown by handler.";
        return new Status(StatusCode.Unknown, options.EnableDetailedErrors == true ? $"{message} {exception.GetType().Name}: {exception.Message}" : message, exception);
    }

    private void OnDeadline()
    {
        lock (gate)
        {
            if (!hasEnded)
            {
                hasEnded = true;
                StatusCore = new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded");
                endedByDeadline = EndResponseAsync();
            }
        }
    }

    /// <summary>Sends the status while the server method may still run, then tells the peer to stop sending.</summary>
    private async Task EndResponseAsync()
    {
        try
        {
            WireResponse.WriteTrailers(httpContext.Response, StatusCore, responseTrailers);
            await httpContext.Response.CompleteAsync().ConfigureAwait(false);
            httpContext.Features.Get<IHttpResetFeature>()?.Reset(Http2NoError);
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            LogDeadlineNotSent(logger, Method, exception);
        }
        finally
        {
            deadline?.Cancel();
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Error when executing service method '{Method}'.")]
    private static partial void LogFailed(ILogger logger, string method, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "Error status code '{StatusCode}' with detail '{Detail}' raised by '{Method}'.")]
    private static partial void LogRefused(ILogger logger, string method, StatusCode statusCode, string detail);

    [LoggerMessage(3, LogLevel.Information, "Service method '{Method}' canceled.")]
    private static partial void LogCancelled(ILogger logger, string method);

    [LoggerMessage(4, LogLevel.Debug, "Invalid {Header} header value has been ignored.")]
    private static partial void LogInvalidTimeout(ILogger logger, string header);

    [LoggerMessage(5, LogLevel.Debug, "The deadline of '{Method}' passed and its caller could not be told.")]
    private static partial void LogDeadlineNotSent(ILogger logger, string method, Exception exception);
}
