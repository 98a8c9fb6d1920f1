using System.Text.Json;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Queued;

/// <summary>
/// The queued path's entrance: the sidecar delivers a message of a <c>work-…</c> queue as a POST. 200 takes it off the queue, as soon as
/// the mempool's lease keeps the job; anything else brings it back, to this node or another.
/// </summary>
internal static class WorkEndpoint
{
    private const int MaxMessageBytes = 16 * 1024;

    public static void MapWork(this IEndpointRouteBuilder routes)
    {
        // The sidecar asks by OPTIONS whether the app wants a binding.
        routes.MapMethods("/work-{subnet}", [HttpMethods.Options], () => Results.Ok()).AddEndpointFilter<LoopbackOnly>();
        routes.MapPost("/work-{subnet}", RunAsync).AddEndpointFilter<LoopbackOnly>();
    }

    private static async Task<IResult> RunAsync(HttpRequest request, QueuedJobs jobs, ILogger<QueuedJobs> logger, CancellationToken cancellationToken)
    {
        WorkMessage? message = await ReadAsync(request, cancellationToken);
        if (message is null)
        {
            logger.LogWarning("A message of queue {Path} was no work message and was dropped.", request.Path);
            return Results.Ok();
        }

        return await jobs.TakeAsync(message, cancellationToken) == QueuedJobEnd.Done ? Results.Ok() : Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<WorkMessage?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength is null or > MaxMessageBytes)
        {
            return null;
        }

        try
        {
            return await JsonSerializer.DeserializeAsync<WorkMessage>(request.Body, ProtocolJson.Options, cancellationToken) is { GatewayUrl: not null } message
                ? message
                : null;
        }
        catch (JsonException)
        {
            // The caller logs the drop; a message that no node can read must not come back for ever.
            return null;
        }
    }
}
