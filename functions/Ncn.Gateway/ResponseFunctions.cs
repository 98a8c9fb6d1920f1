using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Responses;

namespace Ncn.Gateway;

/// <summary>OpenAI's Responses API.</summary>
public sealed class ResponseFunctions(ResponsesEndpoint responses, KeptResponsesEndpoint kept)
{
    [Function("CreateResponse")]
    public Task<IResult> Create([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/responses")] HttpRequest request) =>
        Respond.Written(responses.CreateAsync(request.HttpContext));

    [Function("GetResponse")]
    public Task<IResult> Get([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/responses/{id}")] HttpRequest request, string id) =>
        Respond.Written(kept.GetAsync(request.HttpContext, id));

    [Function("DeleteResponse")]
    public Task<IResult> Delete([HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v1/responses/{id}")] HttpRequest request, string id) =>
        Respond.Written(kept.DeleteAsync(request.HttpContext, id));

    [Function("CancelResponse")]
    public Task<IResult> Cancel([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/responses/{id}/cancel")] HttpRequest request, string id) =>
        Respond.Written(kept.CancelAsync(request.HttpContext, id));

    [Function("ResponseInputItems")]
    public Task<IResult> InputItems([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/responses/{id}/input_items")] HttpRequest request, string id) =>
        Respond.Written(kept.InputItemsAsync(request.HttpContext, id));
}
