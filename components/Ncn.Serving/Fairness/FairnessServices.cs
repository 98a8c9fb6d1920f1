using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Fairness;

/// <summary>Composes what keeps one client from harming the others.</summary>
internal static class FairnessServices
{
    public static IServiceCollection AddNcnFairness(this IServiceCollection services)
    {
        services.AddOptions<AdmissionOptions>().BindConfiguration("Ncn:Gateway:Admission").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, ServerLimits>();
        return services.AddSingleton<FairGate>().AddSingleton<BodyBudget>();
    }
}
