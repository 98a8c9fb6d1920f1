using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Payments;

namespace Ncn.Gateway;

/// <summary>What payers call about their channels.</summary>
public sealed class ChannelFunctions(ChannelsEndpoint channels)
{
    [Function("GetChannel")]
    public Task<IResult> Get([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/channels/{id}")] HttpRequest request, string id) =>
        Respond.Written(channels.GetAsync(request.HttpContext, id));

    [Function("StateChannel")]
    public Task<IResult> State(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/channels/{id}/statement")] HttpRequest request, string id) =>
        Respond.Written(channels.StatementAsync(request.HttpContext, id));
}
