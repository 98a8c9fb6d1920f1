using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>Runs one function for a request and writes what it returned.</summary>
internal sealed partial class HttpFunctionEndpoint(FunctionDescriptor function, FunctionBody body, FunctionExecutionDelegate pipeline, ILogger logger)
{
    public async Task HandleAsync(HttpContext http)
    {
        var context = new HttpInvocationContext(function, body, http);
        try
        {
            await pipeline(context);
            await WriteAsync(context.Result, http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            LogDisconnect(logger, function.Name);
        }
        catch (BadHttpRequestException exception)
        {
            await FailAsync(http, exception.StatusCode, exception.Message);
        }
        catch (Exception exception)
        {
            LogFailure(logger, exception, function.Name, context.InvocationId);
            await FailAsync(http, StatusCodes.Status500InternalServerError, $"Function '{function.Name}' failed; invocation {context.InvocationId}.");
        }
    }

    private static Task WriteAsync(object? result, HttpContext http) => result switch
    {
        IResult written => written.ExecuteAsync(http),
        IActionResult written => written.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), new ActionDescriptor())),
        _ => Task.CompletedTask,
    };

    /// <summary>Answers with RFC 9457 problem details; a response that has begun can only be cut off, so that the client does not take it for whole.</summary>
    private static Task FailAsync(HttpContext http, int status, string detail)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return Task.CompletedTask;
        }

        http.Response.Clear();
        return TypedResults.Problem(statusCode: status, detail: detail).ExecuteAsync(http);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Function {Function} failed in invocation {Invocation}")]
    private static partial void LogFailure(ILogger logger, Exception exception, string function, string invocation);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The client of function {Function} went away")]
    private static partial void LogDisconnect(ILogger logger, string function);
}
