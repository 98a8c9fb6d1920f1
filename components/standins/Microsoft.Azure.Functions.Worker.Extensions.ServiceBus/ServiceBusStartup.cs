using System.Text.Json;
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
        // As in the official worker, where an app's own Configure<JsonSerializerOptions> adds to it.
        services.Configure<JsonSerializerOptions>(static options => options.PropertyNameCaseInsensitive = true);
        services.AddSingleton<ServiceBusHost>();
        services.AddSingleton<ITriggerHost>(provider => provider.GetRequiredService<ServiceBusHost>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ServiceBusHost>());
    }
}
