using Microsoft.Azure.Functions.Worker.Middleware;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

internal static class FunctionPipeline
{
    /// <summary>Chains the middleware in the order of registration around the function itself.</summary>
    public static FunctionExecutionDelegate Build(IReadOnlyList<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> middleware) =>
        middleware.Reverse().Aggregate((FunctionExecutionDelegate)RunFunction, (next, wrap) => wrap(next));

    private static async Task RunFunction(FunctionContext context)
    {
        var invocation = (InvocationContext)context;
        invocation.Result = await invocation.Body(invocation);
    }
}
