using System.Diagnostics;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Observability;

/// <summary>
/// The spans of a job (source <c>Ncn.Worker</c>): <c>job</c>, and under it <c>admit</c> with <c>reserve</c>, <c>run</c> with
/// <c>first output</c>, and <c>charge</c>. The gateway's trace goes on here: its W3C context comes in the call's metadata (traceparent).
/// </summary>
internal static class NodeTraces
{
    /// <summary>What a trace collector subscribes to.</summary>
    public const string SourceName = "Ncn.Worker";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The span of a whole job; null when nobody listens.</summary>
    public static Activity? Job(InferenceJob job, string path) => Source.StartActivity("job", ActivityKind.Internal)
        ?.SetTag("ncn.request_id", job.RequestId.ToString())
        .SetTag("ncn.attempt", job.Attempt)
        .SetTag("ncn.gateway", job.Gateway.ToString())
        .SetTag("ncn.path", path);

    /// <summary>A step of the current job.</summary>
    public static Activity? Step(string name) => Source.StartActivity(name, ActivityKind.Internal);

    /// <summary>A step under a span that may not be the current one: an iterator's steps run in the context of whoever asks for the next piece.</summary>
    public static Activity? Step(string name, Activity? parent) =>
        parent is null ? null : Source.StartActivity(name, ActivityKind.Internal, parent.Context);

    /// <summary>Marks a span as failed.</summary>
    public static void Fail(Activity? span, Exception failure) => span?.SetStatus(ActivityStatusCode.Error, failure.Message);
}
