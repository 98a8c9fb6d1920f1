using Microsoft.Azure.Functions.Worker.OneProcess;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Azure.Functions.Worker.Builder;

public static class FunctionsApplicationBuilderAspNetCoreExtensions
{
    public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder)
    {
        ListeningAddress.ApplyDefault(builder.Configuration);
        // What is left is Kestrel, which the builder registered before it.
        builder.Services.Remove(builder.Services.Single(service => service.ImplementationType == typeof(ListenNowhere)));
        builder.Services.AddMvcCore();
        builder.Services.AddRouting();
        builder.Services.AddSingleton<ITriggerHost, HttpTriggerHost>();
        return builder;
    }
}
