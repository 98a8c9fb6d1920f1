using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Serving.Fairness;
using Ncn.Serving.OpenApi;

namespace Ncn.Serving.Observability;

/// <summary>Watches calls over HTTP from their arrival to the end of their answer.</summary>
internal sealed class CallObserver(GatewayMetrics metrics, IOptions<AdmissionOptions> options, TimeProvider time)
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
    public void End(HttpContext http, CallWatch watch) =>
        metrics.Request(watch.Route, http.RequestAborted.IsCancellationRequested ? "gone" : CallWatch.Text(http.Response.StatusCode), time.GetElapsedTime(watch.Arrived));

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
