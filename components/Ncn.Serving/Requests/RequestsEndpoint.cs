using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;

namespace Ncn.Serving.Requests;

/// <summary><c>GET /v1/requests/{id}</c>: a queued request, its state and, when done, its answer.</summary>
public sealed class RequestsEndpoint(IActorProxyFactory actors)
{
    public async Task GetAsync(HttpContext http, string id)
    {
        ArgumentNullException.ThrowIfNull(http);
        await Edge.RunAsync(http, OpenAiError.WriteAsync, async () =>
        {
            var view = Hex.TryParse<RequestId>(id, out var request)
                ? await actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request).GetAsync()
                : null;
            if (view is null)
            {
                throw new ApiException(new ApiError(
                    404, "request_not_found", $"No request has the id {id}, or its answer is older than a day.", "id"));
            }

            ThrowIfUnpaid(view);
            await http.Response.WriteAsJsonAsync(Describe(request, view), OpenAiJson.Options, http.RequestAborted);
        });
    }

    internal static Task WriteAcceptedAsync(HttpContext http, RequestId request)
    {
        http.Response.StatusCode = StatusCodes.Status202Accepted;
        http.Response.Headers.Location = $"/v1/requests/{request}";
        http.Response.Headers["Preference-Applied"] = "respond-async";
        http.Response.Headers["x-ncn-request-id"] = request.ToString();
        return http.Response.WriteAsJsonAsync(
            new { id = request, @object = "request", status = "queued", url = $"/v1/requests/{request}" }, OpenAiJson.Options, http.RequestAborted);
    }

    // A queued request without a channel that has a price is paid by a transfer, which is settled when its answer is asked for.
    internal static void ThrowIfUnpaid(RequestView view)
    {
        if (IsUnpaid(view))
        {
            throw new ApiException(new ApiError(
                402, "payment_required", "The answer is there and its transfer is not settled; repeat the request with the same payment to get it.", "id"));
        }
    }

    private static bool IsUnpaid(RequestView view) => view is { Queued: { Channel: null, Ceiling.IsZero: false }, Answer: { StatusCode: 200 } answer }
        && !answer.Headers.ContainsKey(X402Header.Response);

    private static object Describe(RequestId request, RequestView view) => new
    {
        id = request,
        @object = "request",
        status = view.Answer is not { } answer ? "queued" : answer.StatusCode == 200 ? "completed" : "failed",
        created = view.BegunAt / 1000,
        cost = view.Answer?.Charged,
        status_code = view.Answer?.StatusCode,
        response = view.Answer is { } done ? Response(done) : (JsonElement?)null,
    };

    // An answer in binary form is no JSON: what would have been sent is given whole.
    private static JsonElement Response(StoredAnswer answer) => answer.IsBase64
        ? JsonSerializer.SerializeToElement(new { base64 = answer.Body, headers = answer.Headers })
        : JsonSerializer.Deserialize<JsonElement>(answer.Body);
}
