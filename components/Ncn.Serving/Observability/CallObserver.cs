using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Serving.Fairness;
using Ncn.Serving.OpenApi;

namespace Ncn.Serving.Observability;

/// <summary>Watches calls from their arrival to the end of their answer.</summary>
public sealed partial class CallObserver(GatewayMetrics metrics, IOptions<AdmissionOptions> options, TimeProvider time, ILogger<CallObserver> log)
{
    private const string ForwardedHeader = "X-Forwarded-For";

    /// <summary>A call came.</summary>
    public CallWatch Begin(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var watch = new CallWatch(
            GatewayRoutes.TemplateOf(http.Request.Method, http.Request.Path.Value ?? string.Empty),
            RemoteOf(http.Connection.RemoteIpAddress, http.Request.Headers[ForwardedHeader]), time.GetTimestamp(), http.Response.Headers);
        http.Features.Set(watch);
        return watch;
    }

    /// <summary>Its answer is over.</summary>
    public void End(HttpContext http, CallWatch watch)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(watch);
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

    /// <summary>A call over gRPC came.</summary>
    /// <param name="method">One of the service's own, such as <c>/inference.GRPCInferenceService/ModelInfer</c>.</param>
    /// <param name="peer">Who has connected; null when that is not known.</param>
    /// <param name="forwarded">What proxies say of where it comes from.</param>
    public CallWatch Begin(string method, IPAddress? peer, IEnumerable<string?> forwarded) =>
        new(method, RemoteOf(peer, forwarded), time.GetTimestamp(), headers: null);

    /// <summary>A call over gRPC is over.</summary>
    /// <param name="outcome">The name of its status, or <c>gone</c>.</param>
    public void End(CallWatch watch, string outcome)
    {
        ArgumentNullException.ThrowIfNull(watch);
        var took = time.GetElapsedTime(watch.Arrived);
        metrics.Request(watch.Route, outcome, took);
        LogCalled(log, watch.Route, outcome, took.TotalMilliseconds);
    }

    // Neither the path nor a header of the caller's own is logged: they can hold what is nobody else's business.
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Route} was answered with {Status} in {Milliseconds} ms")]
    private static partial void LogAnswered(ILogger logger, string method, string route, int status, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Route} failed with {Status} after {Milliseconds} ms")]
    private static partial void LogFailed(ILogger logger, string method, string route, int status, double milliseconds);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} ended with {Outcome} after {Milliseconds} ms")]
    private static partial void LogCalled(ILogger logger, string method, string outcome, double milliseconds);

    /// <summary>The n-th address from the right of X-Forwarded-For, where n proxies that add to it stand before the gateway.</summary>
    private IPAddress? RemoteOf(IPAddress? peer, IEnumerable<string?> forwarded)
    {
        if (options.Value.TrustedProxies == 0)
        {
            return peer;
        }

        var hops = string.Join(',', forwarded).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return hops.Length >= options.Value.TrustedProxies && IPEndPoint.TryParse(hops[^options.Value.TrustedProxies], out var hop) ? hop.Address : peer;
    }
}
