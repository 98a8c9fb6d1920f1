using Microsoft.AspNetCore.Http;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>An invocation by a request: it shares the request's service scope and ends when the client goes away.</summary>
internal sealed class HttpInvocationContext(FunctionDescriptor function, FunctionBody body, HttpContext http)
    : InvocationContext(function, body, http.RequestServices, http.RequestAborted)
{
    public HttpContext Http { get; } = http;
}
