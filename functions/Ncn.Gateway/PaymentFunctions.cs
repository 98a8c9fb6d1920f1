using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Payments.Batch;
using Ncn.Serving.Payments.Exact;
using Ncn.Serving.Payments.Facilitator;

namespace Ncn.Gateway;

/// <summary>x402: the operator's facilitator, refunds as stock clients ask for them, and the sweep of what is owed back.</summary>
public sealed class PaymentFunctions(FacilitatorEndpoint facilitator, RefundEndpoint refunds, ReturnDesk returns)
{
    [Function("VerifyPayment")]
    public Task<IResult> Verify([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "verify")] HttpRequest request) =>
        Respond.Written(facilitator.VerifyAsync(request.HttpContext));

    [Function("SettlePayment")]
    public Task<IResult> Settle([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "settle")] HttpRequest request) =>
        Respond.Written(facilitator.SettleAsync(request.HttpContext));

    [Function("SupportedPayments")]
    public Task<IResult> Supported([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "supported")] HttpRequest request) =>
        Respond.Written(facilitator.SupportedAsync(request.HttpContext));

    [Function("DiscoverResources")]
    public Task<IResult> Discover([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "discovery/resources")] HttpRequest request) =>
        Respond.Written(facilitator.DiscoverAsync(request.HttpContext));

    [Function("RefundByChat")]
    public Task<IResult> RefundByChat([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/chat/completions")] HttpRequest request) =>
        Respond.Written(refunds.HandleAsync(request.HttpContext));

    [Function("RefundByInfer")]
    public Task<IResult> RefundByInfer([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/models/{model}/infer")] HttpRequest request) =>
        Respond.Written(refunds.HandleAsync(request.HttpContext));

    /// <summary>Twice a minute: pays back what was settled and never delivered.</summary>
    [Function("ReturnPayments")]
    public Task ReturnPayments([TimerTrigger("*/30 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        returns.SweepAsync(cancellationToken);
}
