using Microsoft.Extensions.DependencyInjection;

namespace Ncn.Serving.Guests;

/// <summary>Composes what a subnet gives away.</summary>
internal static class GuestServices
{
    public static IServiceCollection AddNcnGuests(this IServiceCollection services)
    {
        services.AddOptions<GuestOptions>().BindConfiguration("Ncn:Gateway:FreeTier").ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<GuestDesk>();
    }
}
