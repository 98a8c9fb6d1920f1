using Microsoft.Extensions.DependencyInjection;
using Ncn.Serving.Payments.Batch;
using Ncn.Serving.Payments.Exact;
using Ncn.Serving.Payments.Facilitator;
using Ncn.Serving.Payments.Relay;

namespace Ncn.Serving.Payments;

/// <summary>Composes payment at the edge.</summary>
internal static class PaymentServices
{
    public static IServiceCollection AddNcnPayments(this IServiceCollection services) => services
        .AddSingleton<EscrowCache>().AddSingleton<NodeWallet>().AddSingleton<ChannelsEndpoint>()
        .AddSingleton<IPaymentChain, ChainRelay>().AddSingleton<RelayAllowance>()
        .AddSingleton<PaymentOffers>().AddSingleton<PaymentReader>().AddSingleton<PaymentGate>()
        .AddSingleton<BatchScheme>().AddSingleton<DepositRelay>().AddSingleton<RefundDesk>().AddSingleton<RefundEndpoint>()
        .AddSingleton<ExactScheme>().AddSingleton<ExactSettler>().AddSingleton<PaymentBook>().AddSingleton<ReturnDesk>()
        .AddSingleton<FacilitatorChecks>().AddSingleton<FacilitatorSettlement>().AddSingleton<FacilitatorEndpoint>();
}
