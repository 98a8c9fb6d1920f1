using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Serving.Fairness;
using Ncn.Serving.OpenApi;

namespace Ncn.Serving.Observability;

/// <summary>Watches calls over HTTP from their arrival to the end of their answer.</summary>
internal sealed partial class CallObserver(GatewayMetrics metrics, IOptions<AdmissionOptions> options, TimeProvider time, ILogger<CallObserver> log)
{
    private const string ForwardedHeader = "X-Forwarded-For";

    /// <summary>A call came.</summary>
    public CallWatch Begin(HttpContext http)
    {
        var watch = new CallWatch(
            GatewayRoutes.TemplateOf(http.Request.Method, http.Request.Path.Value ?? string.Empty), RemoteOf(http), time.GetTimestamp(), http.Response.Headers);
        http.Features.Set(watch);
        return watch;
    }

    /// <summary>Its answer is over.</summary>
    public void End(HttpContext http, CallWatch watch)
    {
        var (took, status) = (time.GetElapsedTime(watch.Arrived), http.Response.StatusCode);
        metrics.Request(watch.Route, http.RequestAborted.IsCancellationRequested ? "gone" : CallWatch.Text(status), took);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            LogFailed(log, http.Request.Method, watch.Route, status, took.TotalMilliseconds);
        }
        else
        {
            LogAnswered(log, http.Request.Method, watch.Route, status, took.TotalMilliseconds);
        }
    }

    // Neither the path nor a header of the caller's own is logged: they can hold what is nobody else's business.
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Route} was answered with {Status} in {Milliseconds} ms")]
    private static partial void LogAnswered(ILogger logger, string method, string route, int status, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Route} failed with {Status} after {Milliseconds} ms")]
    private static partial void LogFailed(ILogger logger, string method, string route, int status, double milliseconds);

    /// <summary>The n-th address from the right of X-Forwarded-For, where n proxies that add to it stand before the gateway.</summary>
    private IPAddress? RemoteOf(HttpContext http)
    {
        if (options.Value.TrustedProxies == 0)
        {
            return http.Connection.RemoteIpAddress;
        }

        var hops = string.Join(',', (IEnumerable<string?>)http.Request.Headers[ForwardedHeader]).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return hops.Length >= options.Value.TrustedProxies && IPEndPoint.TryParse(hops[^options.Value.TrustedProxies], out var hop)
            ? hop.Address
            : http.Connection.RemoteIpAddress;
    }
}
