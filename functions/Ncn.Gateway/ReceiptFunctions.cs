using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Audits;
using Ncn.Serving.Receipts;
using Ncn.Serving.Validators;

namespace Ncn.Gateway;

/// <summary>What validators call, audits that clients ask for, and the timer of what is done for both.</summary>
public sealed class ReceiptFunctions(ReceiptsEndpoint receipts, AuditsEndpoint audits, ValidatorRounds rounds)
{
    [Function("ListReceipts")]
    public Task<IResult> List([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/receipts/{period}")] HttpRequest request, string period) =>
        Respond.Written(receipts.ListAsync(request.HttpContext, period));

    [Function("GetReceipt")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/receipts/{period}/{index}")] HttpRequest request, string period, string index) =>
        Respond.Written(receipts.GetAsync(request.HttpContext, period, index));

    [Function("OpenAudit")]
    public Task<IResult> OpenAudit([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/audits")] HttpRequest request) =>
        Respond.Written(audits.OpenAsync(request.HttpContext));

    [Function("GetAudit")]
    public Task<IResult> GetAudit([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/audits/{id}")] HttpRequest request, string id) =>
        Respond.Written(audits.GetAsync(request.HttpContext, id));

    /// <summary>Every second: lists are closed and committed, and validators are asked how nodes stand.</summary>
    [Function("ValidatorRounds")]
    public Task RunRounds([TimerTrigger("* * * * * *")] TimerInfo timer, CancellationToken cancellationToken) => rounds.TickAsync(cancellationToken);
}
