using System.Diagnostics;
using Ncn.Protocol;

namespace Ncn.Serving.Observability;

/// <summary>
/// The spans of a request (source <c>Ncn.Gateway</c>): <c>admit</c>, and <c>attempt</c> for each run on a node. They stand under the web
/// server's span, which goes on from the client's W3C <c>traceparent</c>; the node's spans stand under <c>attempt</c>.
/// </summary>
internal static class GatewayTraces
{
    /// <summary>What a trace collector subscribes to.</summary>
    public const string SourceName = "Ncn.Gateway";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>From the price to the first piece; null when nobody listens.</summary>
    public static Activity? Admit(string model, string dialect) => Source.StartActivity("admit", ActivityKind.Internal)
        ?.SetTag("ncn.model", model).SetTag("ncn.dialect", dialect);

    /// <summary>One run on a node; null when nobody listens.</summary>
    public static Activity? Attempt(RequestId request, uint attempt, Address node, string model)
    {
        var span = Source.StartActivity("attempt", ActivityKind.Internal);
        return span is null ? null : span.SetTag("ncn.request_id", request.ToString()).SetTag("ncn.attempt", attempt)
            .SetTag("ncn.node", node.ToString()).SetTag("ncn.model", model);
    }

    /// <summary>Marks a span as failed.</summary>
    public static void Fail(Activity? span, string reason) => span?.SetStatus(ActivityStatusCode.Error, reason);
}
