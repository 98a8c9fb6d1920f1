using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Routing;
using Ncn.Serving.Routing.Peers;

namespace Ncn.Serving.OpenAi;

/// <summary>What surrounds every endpoint of OpenAI's API: its error shape, and the headers that its clients read.</summary>
internal static class OpenAiEdge
{
    /// <summary>Names the request in a client's log; the network's own id once there is one.</summary>
    public const string RequestIdHeader = "x-request-id";

    private const string ProcessingHeader = "openai-processing-ms";

    public static Task RunAsync(HttpContext http, Func<Task> handle)
    {
        ArgumentNullException.ThrowIfNull(http);
        var began = Stopwatch.GetTimestamp();
        http.Response.OnStarting(() =>
        {
            http.Response.Headers.TryAdd(RequestIdHeader, NewName());
            http.Response.Headers[ProcessingHeader] = ((long)Stopwatch.GetElapsedTime(began).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });
        return Edge.RunAsync(http, OpenAiError.WriteAsync, handle);
    }

    // Of a request that never got the network's id, because it was refused, say.
    private static string NewName() => "req_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>True when another gateway has answered, because no node here has the model, nor one of those that do as well.</summary>
    public static ValueTask<bool> IsPassedOnAsync(HttpContext http, ModelChoice choice) =>
        choice.Fallbacks.Count > 0 || http.RequestServices?.GetService<RoutingTable>()?.Lacks(choice.Model) is not true ? new(false)
            : PeerRelay.PassAsync(http, ModelsEndpoint.ModelNotFound(choice.Model), OpenAiError.WriteAsync);

    /// <summary>From here on the request has the network's id.</summary>
    public static void Name(HttpContext http, RequestId request) => http.Response.Headers[RequestIdHeader] = request.ToString();
}
