using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Ncn.Serving.Payments.Batch;
using Ncn.Serving.Payments.Exact;
using Ncn.Serving.Payments.Facilitator;
using Ncn.Serving.Payments.Relay;
using Ncn.Serving.Payments.Spending;
using Ncn.Serving.Payments.Turns;

namespace Ncn.Serving.Payments;

/// <summary>Composes payment at the edge.</summary>
internal static class PaymentServices
{
    public static IServiceCollection AddNcnPayments(this IServiceCollection services)
    {
        services.AddOptions<ChannelOptions>().BindConfiguration("Ncn:Gateway:Channels").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(static provider => GatewayLife.Begin(provider.GetRequiredService<IOptions<ChannelOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LeftBehind>().AddSingleton<ChannelTurns>()
            .AddSingleton<IHostedService>(static provider => provider.GetRequiredService<ChannelTurns>());
        return services.AddNcnSchemes();
    }

    private static IServiceCollection AddNcnSchemes(this IServiceCollection services) => services
        .AddSingleton<EscrowCache>().AddSingleton<NodeWallet>().AddSingleton<ChannelsEndpoint>()
        .AddSingleton<PayerJudge>().AddSingleton<SpendingEndpoint>()
        .AddSingleton<IPaymentChain, ChainRelay>().AddSingleton<RelayAllowance>()
        .AddSingleton<PaymentOffers>().AddSingleton<PaymentReader>().AddSingleton<PaymentGate>()
        .AddSingleton<BatchScheme>().AddSingleton<DepositRelay>().AddSingleton<RefundDesk>().AddSingleton<RefundEndpoint>()
        .AddSingleton<ExactScheme>().AddSingleton<ExactSettler>().AddSingleton<PaymentBook>().AddSingleton<ReturnDesk>()
        .AddSingleton<FacilitatorChecks>().AddSingleton<FacilitatorSettlement>().AddSingleton<FacilitatorEndpoint>();
}
