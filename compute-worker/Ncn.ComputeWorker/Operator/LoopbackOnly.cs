using System.Net;

namespace Ncn.ComputeWorker;

/// <summary>Lets only this machine in: the sidecar and the operator. To others the endpoint is not there.</summary>
internal sealed class LoopbackOnly : IEndpointFilter
{
    /// <summary>Whether a call comes from this machine.</summary>
    public static bool IsLocal(HttpContext http) => http.Connection.RemoteIpAddress is { } caller && IPAddress.IsLoopback(caller);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        return IsLocal(context.HttpContext) ? await next(context) : Results.NotFound();
    }
}
