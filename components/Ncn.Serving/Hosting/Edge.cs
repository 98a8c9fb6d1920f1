using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Coordination.Dispatch;
using Ncn.Serving.Observability;
using Ncn.Serving.OpenApi;
using Ncn.Serving.Payments;
using Ncn.Serving.Routing.Peers;

namespace Ncn.Serving.Hosting;

/// <summary>Where refusals and failures become answers in the protocol's own error shape, never a stack trace.</summary>
internal static class Edge
{
    public static async Task RunAsync(HttpContext http, Func<HttpContext, ApiError, Task> writeError, Func<Task> handle)
    {
        if (http.RequestServices?.GetService<CallObserver>() is not { } observer)
        {
            await GuardAsync(http, writeError, handle);
            return;
        }

        var watch = observer.Begin(http);
        try
        {
            await GuardAsync(http, writeError, handle);
        }
        finally
        {
            observer.End(http, watch);
        }
    }

    private static async Task GuardAsync(HttpContext http, Func<HttpContext, ApiError, Task> writeError, Func<Task> handle)
    {
        try
        {
            await handle();
        }
        catch (PaymentException unpaid) when (!http.Response.HasStarted)
        {
            await PaymentAnswer.WriteAsync(http, unpaid);
        }
        catch (ApiException refused) when (!http.Response.HasStarted)
        {
            if (await PeerRelay.AnswerAsync(http, refused.Error) is { } error)
            {
                await writeError(http, error);
            }
        }
        catch (PreferencesException unread) when (!http.Response.HasStarted)
        {
            await writeError(http, ApiError.BadRequest("invalid_value", unread.Message, unread.Field));
        }
        catch (BadHttpRequestException malformed) when (!http.Response.HasStarted)
        {
            await writeError(http, new ApiError(malformed.StatusCode, CodeOf(malformed.StatusCode), malformed.Message));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client went away before there was anything to tell it.
        }
        catch (Exception failure) when (!http.Response.HasStarted)
        {
            http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Ncn.Serving")
                .LogError(failure, "A request to {Route} failed", http.Features.Get<CallWatch>()?.Route ?? GatewayRoutes.Unknown);
            await writeError(http, new ApiError(
                503, "service_unavailable", "The gateway cannot reach a part of the network that this request needs; nothing was charged, repeat it in a moment.")
            { RetryAfterSeconds = 2 });
        }
    }

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => "request_timeout",
        StatusCodes.Status413PayloadTooLarge => "request_too_large",
        _ => "bad_request",
    };
}
