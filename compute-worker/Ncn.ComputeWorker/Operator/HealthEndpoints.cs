using System.Net;

namespace Ncn.ComputeWorker.Operator;

/// <summary>Health for the process's supervisor.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => Results.Ok(new { live = true }));
        routes.MapGet("/readyz", async (HttpContext http, Readiness readiness) => Answer(
            await readiness.FindAsync(), http.Connection.RemoteIpAddress is { } caller && IPAddress.IsLoopback(caller)));
    }

    /// <summary>Which parts are not ready, for anybody; what is wrong with them, for this machine alone: an endpoint's address can hold a key.</summary>
    internal static IResult Answer(IReadOnlyList<ReadinessProblem> problems, bool isLocal)
    {
        if (problems.Count == 0)
        {
            return Results.Ok(new { ready = true });
        }

        string[] reasons = [.. problems.Select(problem => problem.Part)];
        string detail = isLocal ? string.Join("; ", problems.Select(problem => problem.Detail)) : string.Join(", ", reasons);
        return Results.Problem($"Not ready: {detail}.", statusCode: StatusCodes.Status503ServiceUnavailable, extensions: new Dictionary<string, object?> { ["reasons"] = reasons });
    }
}
