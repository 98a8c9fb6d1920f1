using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker.OneProcess;

namespace Microsoft.Azure.Functions.Worker;

public static class FunctionContextExtensions
{
    /// <summary>The request that triggered the function; null for another trigger.</summary>
    public static HttpContext? GetHttpContext(this FunctionContext context) => (context as HttpInvocationContext)?.Http;
}
