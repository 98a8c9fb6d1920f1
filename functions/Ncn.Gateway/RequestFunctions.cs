using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Answers;
using Ncn.Serving.Requests;

namespace Ncn.Gateway;

/// <summary>Requests that clients come back for.</summary>
public sealed class RequestFunctions(RequestsEndpoint requests, EventsEndpoint events)
{
    [Function("GetRequest")]
    public Task<IResult> Get([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/requests/{id}")] HttpRequest request, string id) =>
        Respond.Written(requests.GetAsync(request.HttpContext, id));

    [Function("RequestEvents")]
    public Task<IResult> Events([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/requests/{id}/events")] HttpRequest request, string id) =>
        Respond.Written(events.EventsAsync(request.HttpContext, id));

    [Function("CancelRequest")]
    public Task<IResult> Cancel([HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v1/requests/{id}")] HttpRequest request, string id) =>
        Respond.Written(events.CancelAsync(request.HttpContext, id));
}
