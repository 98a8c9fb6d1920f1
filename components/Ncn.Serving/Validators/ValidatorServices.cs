using Microsoft.Extensions.DependencyInjection;
using Ncn.Serving.Receipts;

namespace Ncn.Serving.Validators;

/// <summary>Composes what gateways and validators are to each other. Who reads the chain's set is the app's to add.</summary>
internal static class ValidatorServices
{
    public static IServiceCollection AddNcnValidators(this IServiceCollection services)
    {
        services.AddOptions<ValidatorOptions>().BindConfiguration("Ncn:Gateway").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<ReceiptOptions>().BindConfiguration("Ncn:Gateway:Receipts").ValidateDataAnnotations().ValidateOnStart();
        return services
            .AddSingleton<ReceiptBook>().AddHostedService(static provider => provider.GetRequiredService<ReceiptBook>())
            .AddSingleton<ReceiptArchive>().AddSingleton<PeriodCloser>().AddSingleton<ReceiptsEndpoint>()
            .AddSingleton<CurrentValidators>().AddSingleton<ValidatorConnections>().AddSingleton<LedgerDesk>().AddSingleton<ValidatorJudge>()
            .AddSingleton<ValidatorRounds>();
    }
}
