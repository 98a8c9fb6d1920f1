using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Ncn.Serving.Requests.Growth;

namespace Ncn.Serving.Requests;

/// <summary>Composes the way of a request through the gateway.</summary>
internal static class RequestServices
{
    public static IServiceCollection AddNcnRequests(this IServiceCollection services) => services
        .AddSingleton<RequestIds>().AddSingleton<RequestPricing>().AddSingleton<RequestTickets>().AddSingleton<RequestHolds>()
        .AddSingleton<RepeatedRequests>().AddSingleton<DirectRequests>().AddSingleton<KeyedRequests>().AddSingleton<RequestWebhooks>().AddSingleton<QueueDesk>().AddSingleton<PaidRequest>()
        .AddSingleton<KeptAnswers>().AddSingleton<IHostedService>(static provider => provider.GetRequiredService<KeptAnswers>())
        .AddSingleton<RequestsEndpoint>().AddSingleton<GrowingRuns>().AddSingleton<VoucherDesk>();
}
