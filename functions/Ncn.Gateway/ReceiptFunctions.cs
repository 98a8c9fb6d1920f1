using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Receipts;
using Ncn.Serving.Validators;

namespace Ncn.Gateway;

/// <summary>What validators call, and the timer of what is done for them.</summary>
public sealed class ReceiptFunctions(ReceiptsEndpoint receipts, ValidatorRounds rounds)
{
    [Function("ListReceipts")]
    public Task<IResult> List([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/receipts/{period}")] HttpRequest request, string period) =>
        Respond.Written(receipts.ListAsync(request.HttpContext, period));

    [Function("GetReceipt")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/receipts/{period}/{index}")] HttpRequest request, string period, string index) =>
        Respond.Written(receipts.GetAsync(request.HttpContext, period, index));

    /// <summary>Every second: lists are closed and committed, and validators are asked how nodes stand.</summary>
    [Function("ValidatorRounds")]
    public Task RunRounds([TimerTrigger("* * * * * *")] TimerInfo timer, CancellationToken cancellationToken) => rounds.TickAsync(cancellationToken);
}
