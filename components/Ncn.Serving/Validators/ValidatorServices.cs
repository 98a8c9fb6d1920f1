using Dapr.Actors.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Serving.Audits;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Receipts;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Validators;

/// <summary>Composes what gateways and validators are to each other. Who reads the chain's set is the app's to add.</summary>
internal static class ValidatorServices
{
    public static IServiceCollection AddNcnValidators(this IServiceCollection services)
    {
        services.AddOptions<ValidatorOptions>().BindConfiguration("Ncn:Gateway").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<AuditOptions>().BindConfiguration("Ncn:Gateway:Audits").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<ReceiptOptions>().BindConfiguration("Ncn:Gateway:Receipts").ValidateDataAnnotations().ValidateOnStart();
        return services
            .AddSingleton<ReceiptBook>().AddHostedService(static provider => provider.GetRequiredService<ReceiptBook>())
            .AddSingleton<ReceiptArchive>().AddSingleton<PeriodCloser>().AddSingleton<ReceiptsEndpoint>()
            .AddSingleton<CurrentValidators>().AddSingleton<ValidatorConnections>().AddSingleton<LedgerDesk>().AddSingleton<ValidatorJudge>()
            .AddSingleton<StandingWatch>().AddSingleton<AuditsEndpoint>()
            .AddSingleton(static provider => new AuditDesk(
                new AuditStore(provider.GetRequiredService<IObjectStore>()), provider.GetRequiredService<ReceiptBook>(), provider.GetRequiredService<ReceiptArchive>(),
                provider.GetRequiredService<LedgerDesk>(), provider.GetRequiredService<StandingWatch>(), provider.GetRequiredService<PaymentGate>(),
                provider.GetRequiredService<ChannelTurns>(), provider.GetRequiredService<IActorProxyFactory>(), provider.GetRequiredService<GatewayIdentity>(),
                provider.GetRequiredService<IOptions<AuditOptions>>(), provider.GetRequiredService<IOptions<ReceiptOptions>>(), provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<ValidatorRounds>();
    }
}
