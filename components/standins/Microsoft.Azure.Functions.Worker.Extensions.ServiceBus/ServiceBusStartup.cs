using Microsoft.Azure.Functions.Worker.Core;
using Microsoft.Azure.Functions.Worker.OneProcess;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

[assembly: WorkerExtensionStartup(typeof(ServiceBusStartup))]

namespace Microsoft.Azure.Functions.Worker.OneProcess;

internal sealed class ServiceBusStartup : WorkerExtensionStartup
{
    public override void Configure(IFunctionsWorkerApplicationBuilder applicationBuilder)
    {
        var services = applicationBuilder.Services;
        services.AddSingleton<ServiceBusHost>();
        services.AddSingleton<ITriggerHost>(provider => provider.GetRequiredService<ServiceBusHost>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ServiceBusHost>());
    }
}
