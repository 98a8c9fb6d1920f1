using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Serves the calls of one method: accept, make the service, invoke it, send the status.</summary>
internal sealed class CallHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    Func<TService, ServerCall<TRequest, TResponse>, Task> invoke,
    GrpcServiceOptions options,
    ILogger logger)
    where TService : class where TRequest : class where TResponse : class
{
    private readonly ObjectFactory<TService> factory = ActivatorUtilities.CreateFactory<TService>([]);

    internal async Task HandleAsync(HttpContext http)
    {
        if (!RequestCheck.TryAccept(http))
        {
            return;
        }
        if (method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming)
        {
            AllowLongRequestBody(http);
        }
        using var context = new HttpContextServerCallContext(http, options, logger);
        using var call = new ServerCall<TRequest, TResponse>(context, method, options);
        try
        {
            context.Start();
            await InvokeAsync(http, call).ConfigureAwait(false);
            call.Complete();
            await context.EndAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            call.Complete();
            await context.FailAsync(exception).ConfigureAwait(false);
        }
    }

    private async Task InvokeAsync(HttpContext http, ServerCall<TRequest, TResponse> call)
    {
        if (http.RequestServices.GetService<TService>() is { } registered)
        {
            await invoke(registered, call).ConfigureAwait(false);
            return;
        }
        var service = factory(http.RequestServices, null);
        try
        {
            await invoke(service, call).ConfigureAwait(false);
        }
        finally
        {
            if (service is IAsyncDisposable asyncDisposable)
            {
                await asyncDisposable.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                (service as IDisposable)?.Dispose();
            }
        }
    }

    /// <summary>A request stream may idle and grow; each of its messages has a limit instead.</summary>
    private static void AllowLongRequestBody(HttpContext http)
    {
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
    }
}
