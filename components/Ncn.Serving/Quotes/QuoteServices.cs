using Microsoft.Extensions.DependencyInjection;

namespace Ncn.Serving.Quotes;

/// <summary>Composes quotes.</summary>
internal static class QuoteServices
{
    public static IServiceCollection AddNcnQuotes(this IServiceCollection services)
    {
        services.AddOptions<QuoteOptions>().BindConfiguration("Ncn:Gateway:Quotes").ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<MeasuredUse>().AddSingleton<QuoteOrders>().AddSingleton<QuoteBook>().AddSingleton<QuoteEndpoint>();
    }
}
