using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Spending;
using Ncn.Serving.Quotes;

namespace Ncn.Gateway;

/// <summary>What payers call about prices and their channels.</summary>
public sealed class ChannelFunctions(ChannelsEndpoint channels, SpendingEndpoint spending, QuoteEndpoint quotes)
{
    [Function("GetChannel")]
    public Task<IResult> Get([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/channels/{id}")] HttpRequest request, string id) =>
        Respond.Written(channels.GetAsync(request.HttpContext, id));

    [Function("Quote")]
    public Task<IResult> Quote([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/quote")] HttpRequest request) =>
        Respond.Written(quotes.HandleAsync(request.HttpContext));

    [Function("SetSpendPolicy")]
    public Task<IResult> SetPolicy(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/channels/{id}/policy")] HttpRequest request, string id) =>
        Respond.Written(spending.SetPolicyAsync(request.HttpContext, id));

    [Function("ForecastChannel")]
    public Task<IResult> Forecast(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/channels/{id}/forecast")] HttpRequest request, string id) =>
        Respond.Written(spending.ForecastAsync(request.HttpContext, id));

    [Function("StateChannel")]
    public Task<IResult> State(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/channels/{id}/statement")] HttpRequest request, string id) =>
        Respond.Written(channels.StatementAsync(request.HttpContext, id));
}
