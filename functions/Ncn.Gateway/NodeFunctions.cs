using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Nodes;
using Ncn.Serving.Queueing;

namespace Ncn.Gateway;

/// <summary>What nodes call.</summary>
public sealed class NodeFunctions(NodesEndpoint nodes, JobsEndpoint jobs)
{
    [Function("Subnet")]
    public Task<IResult> Subnet([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/subnet")] HttpRequest request) =>
        Respond.Written(nodes.SubnetAsync(request.HttpContext));

    [Function("PublishPolicy")]
    public Task<IResult> Policy([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/subnet/policy")] HttpRequest request) =>
        Respond.Written(nodes.PolicyAsync(request.HttpContext));

    [Function("ListNodes")]
    public Task<IResult> List([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/nodes")] HttpRequest request) =>
        Respond.Written(nodes.ListAsync(request.HttpContext));

    [Function("JoinNode")]
    public Task<IResult> Join([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/nodes/join")] HttpRequest request) =>
        Respond.Written(nodes.JoinAsync(request.HttpContext));

    [Function("NodeHeartbeat")]
    public Task<IResult> Heartbeat([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/nodes/heartbeat")] HttpRequest request) =>
        Respond.Written(nodes.HeartbeatAsync(request.HttpContext));

    [Function("NodeLeave")]
    public Task<IResult> Leave([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/nodes/leave")] HttpRequest request) =>
        Respond.Written(nodes.LeaveAsync(request.HttpContext));

    [Function("NodeReceipt")]
    public Task<IResult> Receipt([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/nodes/receipt")] HttpRequest request) =>
        Respond.Written(nodes.ReceiptAsync(request.HttpContext));

    [Function("AcceptJob")]
    public Task<IResult> Accept(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/jobs/{id}/accept")] HttpRequest request, string id) =>
        Respond.Written(jobs.AcceptAsync(request.HttpContext, id));

    [Function("RenewJob")]
    public Task<IResult> Renew(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/jobs/{id}/renew")] HttpRequest request, string id) =>
        Respond.Written(jobs.RenewAsync(request.HttpContext, id));

    [Function("DeclineJob")]
    public Task<IResult> Decline(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/jobs/{id}/decline")] HttpRequest request, string id) =>
        Respond.Written(jobs.DeclineAsync(request.HttpContext, id));

    [Function("DeliverJob")]
    public Task<IResult> Result(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/jobs/{id}/result")] HttpRequest request, string id) =>
        Respond.Written(jobs.ResultAsync(request.HttpContext, id));

    [Function("RejectJob")]
    public Task<IResult> Reject(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/jobs/{id}/reject")] HttpRequest request, string id) =>
        Respond.Written(jobs.RejectAsync(request.HttpContext, id));
}
